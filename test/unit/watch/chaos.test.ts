import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains } from "../../../src/model/key-range.ts";
import { ModelServer } from "../../support/model-server.ts";
import { ScenarioWatch } from "../../support/scenario-watch.ts";
import { WatchInvariants } from "../../support/watch-invariants.ts";
import { settle, watcherHarness, type WatcherHarness } from "../../support/watcher-harness.ts";

type Step =
  | { readonly at: "write"; readonly keys: readonly string[] }
  | { readonly at: "serve"; readonly pieces: number; readonly upTo: number }
  | { readonly at: "time"; readonly ms: number }
  | { readonly at: "read"; readonly count: number }
  | { readonly at: "notify"; readonly kind: "periodic" | "broadcast" }
  | { readonly at: "answer" | "break" | "garbage" | "ask" | "hold" | "release" };

const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ at: fc.constant("write" as const), keys }) },
  { weight: 6, arbitrary: fc.constant({ at: "answer" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      at: fc.constant("serve" as const),
      pieces: fc.integer({ min: 1, max: 4 }),
      upTo: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ at: fc.constant("time" as const), ms: fc.integer({ min: 0, max: 2_000 }) }) },
  { weight: 3, arbitrary: fc.record({ at: fc.constant("read" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ at: fc.constant("notify" as const), kind: fc.constantFrom("periodic" as const, "broadcast" as const) }),
  },
  { weight: 2, arbitrary: fc.constant({ at: "break" as const }) },
  { weight: 1, arbitrary: fc.constantFrom<Step[]>({ at: "garbage" }, { at: "ask" }, { at: "hold" }, { at: "release" }) },
);

/** Four watches of different kinds, one history, and a server that does as it is told. */
class Chaos {
  readonly harness: WatcherHarness = watcherHarness();
  readonly server = new ModelServer(this.harness.transport);
  readonly invariants = new WatchInvariants(this.harness.transport);
  readonly watches = new Map<string, ScenarioWatch>();
  readonly slow: ScenarioWatch;
  garbage = 0;

  constructor() {
    const add = (name: string, ...[options]: [ConstructorParameters<typeof ScenarioWatch>[2]]): ScenarioWatch => {
      const watch = new ScenarioWatch(this.harness, name, options);
      this.watches.set(name, watch);
      return watch;
    };
    add("history of a", { key: "a", startRevision: 1n });
    add("b, noticed", { key: "b", startRevision: 2n, progressNotify: true });
    add("everything, in pieces", { key: "", prefix: true, startRevision: 1n, fragment: true, buffer: { maxBytes: 200 } });
    this.slow = add("slow", { key: "a", fromKey: true, startRevision: 1n, reads: "when told", buffer: { maxBytes: 150 } });
  }

  async play(each: Step): Promise<void> {
    const { harness, server } = this;
    switch (each.at) {
      case "write":
        server.write(each.keys);
        break;
      case "answer":
        server.answerCreates();
        break;
      case "serve":
        server.serve(each);
        break;
      case "time":
        harness.clock.advance(each.ms);
        break;
      case "read":
        for (let index = 0; index < each.count && this.slow.channel.status.bufferedResponses > 0; index++) await this.slow.read();
        break;
      case "notify":
        server.notify(each.kind);
        break;
      case "break":
        for (const connection of server.open) connection.end();
        break;
      case "garbage": // a third in a row would end the watches, as it should
        if (this.garbage++ < 2) for (const connection of server.open) connection.sendBytes(Buffer.alloc(11, 0xff));
        break;
      case "ask":
        harness.watcher.requestProgress().catch(() => undefined); // it waits for a connection, and the end may come first
        break;
      case "hold":
        harness.transport.holdOpens();
        break;
      case "release":
        harness.transport.releaseOpens();
        break;
    }
    await settle();
    this.invariants.check(this.watches);
  }

  /** Faults are over: everything must arrive now. */
  async drain(): Promise<void> {
    const calm: readonly Step[] = [
      { at: "release" },
      { at: "time", ms: 5_000 },
      { at: "answer" },
      { at: "answer" },
      { at: "answer" },
      { at: "answer" },
      { at: "serve", pieces: 3, upTo: 3 },
      { at: "read", count: 100 },
    ];
    for (let round = 0; round < 200 && !this.isComplete; round++) for (const each of calm) await this.play(each);
  }

  get isComplete(): boolean {
    return [...this.watches.values()].every((watch) => given(watch).length >= this.due(watch).length);
  }

  due({ range }: ScenarioWatch): string[] {
    return this.server.history.flatMap(({ kv }) => (kv !== undefined && contains(range, kv.key) ? [inShort(kv)] : []));
  }
}

const inShort = ({ key, modRevision }: { key: Uint8Array; modRevision: bigint }): string => `${Buffer.from(key).toString()}@${modRevision}`;
const given = ({ responses }: ScenarioWatch): string[] => responses.flatMap(({ events }) => events.map(({ kv }) => inShort(kv)));

describe("whatever the connection does", () => {
  it("each watch is given every event once, in order, in whole revisions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), fc.boolean(), async (steps, echoesIds) => {
        const chaos = new Chaos();
        chaos.server.echoesIds = echoesIds;
        await settle();
        for (const each of steps) await chaos.play(each);
        await chaos.drain();
        for (const [name, watch] of chaos.watches) {
          expect(watch.ending, name).toBeUndefined();
          expect(given(watch), name).toEqual(chaos.due(watch));
        }
        await chaos.harness.watcher.close();
        expect(chaos.server.open).toEqual([]);
        expect(chaos.harness.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
