import { afterEach, describe, expect, it } from "vitest";
import { ClosedError } from "../../../src/errors/etcd-error.ts";
import { contextValue } from "../../../src/watch/context-value.ts";
import { WatchGauges } from "../../../src/watch/watch-gauges.ts";
import { WatchGrpcStream } from "../../../src/watch/watch-grpc-stream.ts";
import type { WatcherStream } from "../../../src/watch/watcher-stream.ts";
import type { InMemoryConnection } from "../../support/in-memory-connection.ts";
import { settle, watcherHarness, type WatcherHarness, watcherStream } from "../../support/watcher-harness.ts";

type State = "opening" | "serving" | "backing-off" | "closed";

/** A stream with two watches, and all that can happen to it. Opens hang until the event "opens". */
class Stage {
  readonly harness: WatcherHarness = watcherHarness({ backoff: { baseMs: 100, maxMs: 100, random: () => 1 } });
  readonly first = watcherStream("first");
  readonly second = watcherStream("second");
  readonly stream: WatchGrpcStream;
  closings = 0;

  constructor() {
    this.harness.transport.holdOpens();
    this.stream = new WatchGrpcStream({
      host: this.harness.host,
      context: contextValue(),
      family: {
        closed: () => this.closings++,
        isolate: (_, watches) => {
          throw new Error(`${watches.length} watches were to be isolated`);
        },
        moveToFreshStream: (_, watches) => {
          throw new Error(`${watches.length} watches were to be moved`);
        },
        successorOf: () => undefined,
      },
    });
    this.stream.add(this.first);
    this.stream.add(this.second);
  }

  get connection(): InMemoryConnection | undefined {
    return this.harness.transport.connections.find(({ state }) => state === "open");
  }

  /** What can be seen from outside; exactly one must hold. */
  get state(): State {
    const { transport, clock } = this.harness;
    const states: Record<State, boolean> = {
      opening: transport.hangingOpens === 1,
      serving: this.connection !== undefined,
      "backing-off": clock.pendingTimers === 1,
      closed: this.stream.isClosed,
    };
    const held = Object.entries(states).filter(([, holds]) => holds);
    if (held.length !== 1) throw new Error(`the stream is ${held.map(([name]) => name).join(" and ") || "nowhere"}`);
    expect(this.stream.endpoint !== undefined, "an endpoint is shown while it serves").toBe(states.serving);
    return held[0]?.[0] as State;
  }

  get watches(): readonly WatcherStream[] {
    return [this.first, this.second];
  }
}

const EVENTS = {
  opens: ({ harness: { transport } }: Stage) => {
    transport.releaseOpens();
    transport.holdOpens();
  },
  createIsAnswered: ({ connection }: Stage) => connection?.send({ created: true, watchId: 0n, revision: 3n }),
  breaks: ({ connection }: Stage) => connection?.end("UNAVAILABLE", "gone"),
  endsForGood: ({ connection }: Stage) => connection?.end("UNIMPLEMENTED", "no Watch here"),
  sendsGarbage: ({ connection }: Stage) => connection?.sendBytes(Buffer.alloc(11, 0xff)),
  timePasses: ({ harness: { clock } }: Stage) => {
    clock.advance(1_000);
  },
  oneWatchLeaves: ({ first }: Stage) => {
    first.cancel();
  },
  lastWatchLeaves: ({ first, second }: Stage) => {
    first.cancel();
    second.cancel();
  },
  closes: ({ stream }: Stage) => {
    stream.close({ kind: "quiet", reason: new ClosedError("The test") });
  },
} as const;

type Event = keyof typeof EVENTS;

/** Which events lead to a state, from the first one on. */
const PATHS: Record<State, readonly Event[]> = {
  opening: [],
  serving: ["opens"],
  "backing-off": ["opens", "breaks"],
  closed: ["opens", "closes"],
};

/** No `Partial`: every state has an answer to every event. */
const TABLE: Record<State, Record<Event, State>> = {
  opening: {
    opens: "serving",
    createIsAnswered: "opening",
    breaks: "opening",
    endsForGood: "opening",
    sendsGarbage: "opening",
    timePasses: "opening",
    oneWatchLeaves: "opening",
    lastWatchLeaves: "closed",
    closes: "closed",
  },
  serving: {
    opens: "serving",
    createIsAnswered: "serving",
    breaks: "backing-off",
    endsForGood: "closed",
    sendsGarbage: "backing-off",
    timePasses: "serving",
    oneWatchLeaves: "serving",
    lastWatchLeaves: "closed",
    closes: "closed",
  },
  "backing-off": {
    opens: "backing-off",
    createIsAnswered: "backing-off",
    breaks: "backing-off",
    endsForGood: "backing-off",
    sendsGarbage: "backing-off",
    timePasses: "opening",
    oneWatchLeaves: "backing-off",
    lastWatchLeaves: "closed",
    closes: "closed",
  },
  closed: {
    opens: "closed",
    createIsAnswered: "closed",
    breaks: "closed",
    endsForGood: "closed",
    sendsGarbage: "closed",
    timePasses: "closed",
    oneWatchLeaves: "closed",
    lastWatchLeaves: "closed",
    closes: "closed",
  },
};

/** How many watches it has. */
function sizeOf(stream: WatchGrpcStream): number {
  const gauges = new WatchGauges();
  stream.measure(gauges);
  return gauges.resuming + gauges.watching + gauges.parked;
}

async function play(stage: Stage, events: readonly Event[]): Promise<void> {
  await settle();
  for (const event of events) {
    EVENTS[event](stage);
    await settle();
  }
}

describe("WatchGrpcStream", () => {
  let stage: Stage | undefined;

  afterEach(async () => {
    stage?.stream.close({ kind: "quiet", reason: new ClosedError("The test") });
    await stage?.stream.done;
  });

  for (const [from, row] of Object.entries(TABLE) as [State, Record<Event, State>][]) {
    for (const [event, to] of Object.entries(row) as [Event, State][]) {
      it(`${from}, ${event}: ${to}`, async () => {
        stage = new Stage();
        await play(stage, PATHS[from]);
        expect(stage.state, "where it begins").toBe(from);
        await play(stage, [event]);
        expect(stage.state).toBe(to);
        expect(stage.closings, "onClosed is called once").toBe(to === "closed" ? 1 : 0);
        expect(
          stage.watches.every(({ outcome }) => outcome !== undefined),
          "a closed stream holds no watch, another one does",
        ).toBe(to === "closed");
        expect(sizeOf(stage.stream) > 0).toBe(to !== "closed");
      });
    }
  }

  it("says `done` once it is closed and its call is over", async () => {
    stage = new Stage();
    await play(stage, ["opens"]);
    let isDone = false;
    void stage.stream.done.then(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    await play(stage, ["endsForGood"]);
    expect(isDone).toBe(true);
  });

  it("has each of its watches in exactly one place, through a whole life", async () => {
    stage = new Stage();
    const { stream, first, second } = stage;
    const places = (): string[] => [stream.placeOf(first), stream.placeOf(second)];
    expect(places()).toEqual(["resuming", "resuming"]);
    await play(stage, ["opens", "createIsAnswered"]);
    expect(places()).toEqual(["watching", "resuming"]);
    stage.connection?.send({ created: true, watchId: 1n, revision: 3n });
    expect(places()).toEqual(["watching", "watching"]);
    stream.full(first);
    expect(places()).toEqual(["parked", "watching"]);
    expect(sizeOf(stream)).toBe(2);
    await play(stage, ["breaks"]);
    expect(places()).toEqual(["parked", "resuming"]);
    stream.unpark(first);
    expect(places()).toEqual(["resuming", "resuming"]);
    expect(sizeOf(stream)).toBe(2);
  });
});
