import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { seededRandom } from "../../src/mock-server/seeded-random.ts";
import type { StreamDiagnostics } from "../../src/watch/stream-report.ts";
import { WatchGauges } from "../../src/watch/watch-gauges.ts";
import { Dice } from "../fuzz/dice.ts";
import type { InMemoryConnection } from "../support/in-memory-connection.ts";
import { ScenarioWatch } from "../support/scenario-watch.ts";
import { put, type ResponseFields, responseBytes } from "../support/watch-messages.ts";
import { settle, watcherHarness } from "../support/watcher-harness.ts";
import { damaged, noise } from "./damage-message.ts";
import { makeMessage } from "./make-message.ts";
import { checkStartRevisions, checkWire, isCrash, rule, WatchRules } from "./stream-rules.ts";
import { responseFields } from "./step-message.ts";
import type { MessageId, Step, StepMessage } from "./stream-step.ts";

const MAX_RECEIVE_BYTES = 10_000;
/** Turns of the event loop in which `close()` must be done, and every reader have its end. */
const LONGEST_CLOSE_TURNS = 20;
const MOST_READS = 10_000;

/** A watcher with everything around it, on which steps are played and after each of them the rules are checked. */
export class StreamStage {
  readonly #harness = watcherHarness({ maxReceiveBytes: MAX_RECEIVE_BYTES, endpoints: ["one:2379", "two:2379"] });
  readonly #watches: { readonly name: string; readonly watch: ScenarioWatch; readonly rules: WatchRules }[] = [];
  readonly #asked: Promise<unknown>[] = [];
  readonly #broken: unknown[] = [];
  readonly #seed: number;
  readonly #random = Math.random;
  /** What was sent without being good, oldest first. */
  readonly #sent: Buffer[] = [];
  /** The newest revision of a good server. */
  revision = 5n;
  #unsettled = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The watches of the user, in their order. */
  get watches(): readonly ScenarioWatch[] {
    return this.#watches.map(({ watch }) => watch);
  }

  /** How many messages were sent that no good server sends. */
  get sent(): number {
    return this.#sent.length;
  }

  /** How many events readers were given. */
  get events(): number {
    return this.watches.reduce((sum, { responses }) => sum + responses.reduce((count, { events }) => count + events.length, 0), 0);
  }

  /** @throws {BrokenRule}, or whatever a step throws that should not */
  async run(steps: readonly Step[]): Promise<void> {
    const note = (message: unknown): void => {
      const happening = message as StreamDiagnostics;
      if (happening.type === "broke") this.#broken.push(happening.error);
    };
    subscribe("etcd-watch:stream", note);
    Math.random = seededRandom(this.#seed); // of the ids that the client asks for
    try {
      for (const step of steps) await this.play(step);
      await this.close();
    } finally {
      unsubscribe("etcd-watch:stream", note);
      Math.random = this.#random;
    }
  }

  async play(step: Step): Promise<void> {
    if (step.at === "time") await this.#pass(step.ms);
    else this.#do(step);
    await settle();
    this.#check();
  }

  /** After `close()` nothing is left, and every watch has had its one end. */
  async close(): Promise<void> {
    const { watcher, clock, transport, host } = this.#harness;
    const alive = this.watches.filter(({ channel }) => channel.status.state !== "ended");
    const given = alive.map(({ responses }) => responses.length);
    const done = { close: false, readers: false };
    void watcher.close().then(() => (done.close = true));
    void Promise.all([...this.watches.map(readToEnd), ...this.#asked]).then(() => (done.readers = true));
    for (let turn = 0; turn < LONGEST_CLOSE_TURNS && !(done.close && done.readers); turn++) await settle();
    rule(done.close, "close() does not resolve");
    rule(
      this.watches.every(({ ending }) => ending !== undefined),
      "a watch has not ended after close()",
    );
    rule(
      alive.every(({ responses }, index) => responses.length === given[index]),
      "a watch that close() has ended was given what was left unread",
    );
    rule(done.readers, `${this.#unsettled} requests for progress are not settled after close()`);
    rule(
      this.watches.every(({ created }) => created !== undefined),
      "`created` of a watch is not settled after close()",
    );
    this.#check();
    rule(clock.pendingTimers === 0, `${clock.pendingTimers} timers are left after close()`);
    rule(transport.hangingOpens === 0, `${transport.hangingOpens} streams are being opened after close()`);
    rule(
      transport.connections.every(({ state }) => state !== "open"),
      "a stream is open after close()",
    );
    rule(host.watchers.size === 0, "the client knows the watcher after close()");
    rule(
      this.watches.every(({ listeners }) => listeners === 0),
      "a signal is listened to after close()",
    );
    rule(host.unread.bytes === 0 && host.unread.watches === 0, `${host.unread.bytes} bytes are counted as unread after close()`);
    const gauges = new WatchGauges();
    watcher.measure(gauges);
    rule(gauges.streams + gauges.resuming + gauges.watching + gauges.parked === 0, "a watch or a stream is counted after close()");
    const ended = Object.values(host.counters.ended).reduce((sum, count) => sum + count, 0);
    rule(ended === this.#watches.length, `${this.#watches.length} watches have ended ${ended} times`);
  }

  #check(): void {
    const { transport } = this.#harness;
    const largest = Math.max(0, ...transport.connections.map(({ largestMessage }) => largestMessage));
    for (const { rules } of this.#watches) rules.check(largest + MAX_RECEIVE_BYTES);
    checkWire(transport, this.watches.filter(({ channel }) => channel.status.state !== "ended").length);
    for (const { name, watch } of this.#watches) {
      const creates = transport.connections.flatMap((connection) => connection.creates.filter((create) => watch.isFor(create)));
      checkStartRevisions(
        name,
        creates.map(({ startRevision }) => startRevision),
      );
    }
    rule(!this.#broken.some(isCrash), `a stream broke over a mistake of the client: ${this.#broken.map(String).join("; ")}`);
  }

  #do(step: Step): void {
    const { transport, watcher } = this.#harness;
    const watch =
      "watch" in step && typeof step.watch === "number" ? this.watches[step.watch % Math.max(1, this.watches.length)] : undefined;
    switch (step.at) {
      case "good create":
        this.#answerCreate(step.echoesId);
        return;
      case "good change":
        this.#change(step.keys);
        return;
      case "good notice":
        for (const connection of this.#open)
          for (const watchId of [...connection.live.keys(), -1n]) this.send({ watchId, revision: this.revision });
        return;
      case "message":
        for (let count = 0; count < step.times; count++) this.send(this.#fields(step.message));
        return;
      case "damaged message":
        this.#sendBytes(damaged(new Dice(step.seed), responseBytes(this.#fields(step.message)), this.#sent.at(-1) ?? Buffer.alloc(0)));
        return;
      case "odd bytes":
        this.#sendBytes(oddBytes(new Dice(step.seed)));
        return;
      case "replay": {
        const bytes = this.#sent.at(-step.back);
        if (bytes !== undefined) this.#sendBytes(bytes);
        return;
      }
      case "end":
        this.#open[0]?.end(step.code, step.details);
        return;
      case "opens":
        if (step.hang) transport.holdOpens();
        else transport.releaseOpens();
        return;
      case "reads":
        this.#answerReads(step);
        return;
      case "time":
        return; // takes several turns
      case "watch": {
        const name = `${this.#watches.length}/`;
        const added = new ScenarioWatch(this.#harness, name, { ...step.options, reads: step.reads });
        this.#watches.push({ name, watch: added, rules: new WatchRules(name, added) });
        return;
      }
      case "read":
        for (let count = 0; count < step.count; count++) void watch?.read();
        return;
      case "leave":
        if (step.how === "cancel") watch?.channel.cancel();
        else if (step.how === "abort") watch?.abort(new Error("the user has had enough"));
        else void watch?.leave();
        return;
      case "ask for progress":
        this.#asks(step.watch === "stream" ? watcher.requestProgress() : watch?.channel.requestProgress());
    }
  }

  /** Between two timers the event loop turns, as it does outside tests. */
  async #pass(ms: number): Promise<void> {
    const { clock } = this.#harness;
    const untilMs = clock.nowMs() + ms;
    while (clock.fireNext(untilMs)) await settle();
    clock.advance(untilMs - clock.nowMs());
  }

  /** Whatever comes of it, it must come. */
  #asks(asked: Promise<unknown> | undefined): void {
    if (asked === undefined) return;
    this.#unsettled++;
    const settled = (): void => {
      this.#unsettled--;
    };
    this.#asked.push(asked.then(settled, settled));
  }

  get #open(): InMemoryConnection[] {
    return this.#harness.transport.connections.filter(({ state }) => state === "open");
  }

  /** Through the books of the connection, which knows then what is alive on it. */
  send(fields: ResponseFields): void {
    const [connection] = this.#open;
    if (connection === undefined) return;
    this.#sent.push(responseBytes(fields));
    connection.send(fields);
  }

  #sendBytes(bytes: Buffer): void {
    const [connection] = this.#open;
    if (connection === undefined) return;
    this.#sent.push(bytes);
    connection.sendBytes(bytes);
  }

  #answerCreate(echoesId: boolean): void {
    for (const connection of this.#open) {
      const [create] = connection.unanswered;
      if (create === undefined) continue;
      const watchId = echoesId && create.watchId !== 0n ? create.watchId : BigInt.asIntN(64, connection.nextWatchId);
      connection.send({ created: true, watchId, revision: this.revision });
    }
  }

  #change(keys: number): void {
    this.revision++;
    const events = Array.from({ length: keys }, (_, index) => put(`k${index}`, this.revision));
    for (const connection of this.#open)
      for (const [watchId] of [...connection.live]) if (connection.state === "open") connection.send({ watchId, events });
  }

  #answerReads({ answer, version }: Step & { readonly at: "reads" }): void {
    const { transport } = this.#harness;
    const failure = { code: "UNAVAILABLE", details: "nobody is there" } as const;
    if (answer === "latest") transport.rangeRevision = "latest";
    else if (answer === "none") transport.rangeRevision = undefined;
    else transport.rangeRevision = answer === "failure" ? failure : { value: answer };
    transport.version = version === undefined ? failure : { value: version };
  }

  #fields(message: StepMessage): ResponseFields {
    return responseFields(message, { watchId: this.#id(message.id), revision: this.revision });
  }

  #id(id: MessageId): bigint {
    if (typeof id === "bigint") return id;
    const [connection] = this.#open;
    const live = [...(connection?.live.keys() ?? [])];
    switch (id) {
      case "asked":
        return connection?.unanswered[0]?.watchId ?? 0n;
      case "second asked":
        return connection?.unanswered[1]?.watchId ?? 0n;
      case "live":
        return live[0] ?? 0n;
      case "other live":
        return live.at(-1) ?? 0n;
      case "gone":
        return connection?.cancels.at(-1) ?? 0n;
    }
  }
}

function oddBytes(dice: Dice): Buffer {
  if (dice.chance(30)) return noise(dice);
  return makeMessage(dice);
}

async function readToEnd(watch: ScenarioWatch): Promise<void> {
  for (let count = 0; count < MOST_READS && watch.ending === undefined; count++) await watch.read();
}
