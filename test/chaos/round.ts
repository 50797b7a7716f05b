import { EtcdClient } from "etcd-watch";
import { Dice } from "../fuzz/dice.ts";
import type { Violation } from "../support/guarantees/check-record.ts";
import { judgeRecord } from "../support/guarantees/judge-record.ts";
import { nothingLeft } from "../support/guarantees/nothing-left.ts";
import { Truth } from "../support/guarantees/truth.ts";
import { inShort } from "../support/guarantees/watch-record.ts";
import { eventually } from "../support/eventually.ts";
import { awaitAll, LIVE_WITHIN_MS, writeEveryKey } from "./calm.ts";
import type { ChaosTarget, TargetKind } from "./chaos-target.ts";
import { runFaultTrack } from "./fault.ts";
import { Lane } from "./lane.ts";
import { linkFaults } from "./link-faults.ts";
import { rest } from "./rest.ts";
import { storyOf } from "./story.ts";
import { storeViolations } from "./store-check.ts";
import { TruthCollector } from "./truth-collector.ts";
import { WatchUser } from "./watch-user.ts";
import { WriteLoad, writePast } from "./write-load.ts";

const LONGEST_OVERTIME_MS = 40_000;
const OVERTIME_STEP_MS = 200;

export interface RoundOptions {
  readonly kind: TargetKind;
  readonly seed: number;
  /** How long there are faults. */
  readonly chaosMs: number;
  /** There are faults for longer, but not for ever, until so many revisions were written under them: a busy machine may get to little. */
  readonly leastRevisions?: number;
  /** And until so many events were delivered, and faults of so many kinds have struck. */
  readonly leastEvents?: number;
  readonly leastFaultKinds?: number;
  readonly lanes?: number;
  readonly usersOfALane?: number;
  readonly writers?: number;
  /** Written before anything else. */
  readonly pastRevisions?: number;
  /** What most values are shorter than. */
  readonly valueBytes?: number;
  /** The buffer of every watch, instead of a different one for each. */
  readonly bufferBytes?: number;
  /** How many creates may be in flight on a stream. */
  readonly createWindow?: number;
  /** The longest pause of a writer between two writes. */
  readonly writePauseMs?: number;
  /** The longest rest of a fault track between two faults. */
  readonly faultRestMs?: number;
}

/** Events that a proxy has provably not sent to a watch. */
export interface ProxyLoss {
  /** The watch's name. */
  readonly where: string;
  readonly events: number;
  /** "put a@7" */
  readonly first: string;
  readonly last: string;
}

export interface RoundResult {
  readonly seed: number;
  readonly target: string;
  readonly watches: number;
  /** Watches that were ended by a compaction. */
  readonly compacted: number;
  /** Creates beyond the first of each watch: reconnects and parkings. */
  readonly recreated: number;
  /** Events that were delivered, and each held against the truth. */
  readonly events: number;
  readonly revisions: bigint;
  /** Of the last compaction. */
  readonly compactRevision: bigint;
  /** How often each struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** What the client has to answer for. */
  readonly violations: readonly Violation[];
  readonly proxyLosses: readonly ProxyLoss[];
  /** What became of the watches that have one or the other, by name. */
  readonly stories: ReadonlyMap<string, readonly string[]>;
}

const ENDED_WITHIN_MS = 10_000;
const WRITER_TIMEOUT_MS = 1_000;
/** A compaction close to the present stays so far behind the truth at most. */
const COMPACTION_LAG = 60;

/** One run of chaos against a server of its own: begun from a seed, and checked when it is over. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const target = await options.kind(options.seed);
  try {
    return await new Round(options, target).run();
  } finally {
    await target.stop();
  }
}

class Round {
  readonly #options: RoundOptions;
  readonly #target: ChaosTarget;
  readonly #dice: Dice;
  readonly #collector: TruthCollector;
  readonly #writer: EtcdClient;
  readonly #faults = new Map<string, number>();
  readonly #violations: Violation[] = [];
  #compactRevision = 0n;

  constructor(options: RoundOptions, target: ChaosTarget) {
    this.#target = target;
    this.#dice = new Dice(options.seed);
    const { endpoints, auth } = target;
    this.#options = options;
    this.#writer = new EtcdClient({ endpoints, connectTimeoutMs: 500, requestTimeoutMs: WRITER_TIMEOUT_MS, ...(auth && { auth }) });
    this.#collector = new TruthCollector(endpoints, async () => {
      return auth && (await this.#writer.auth.authenticate(auth.username, auth.password)).token;
    });
  }

  async run(): Promise<RoundResult> {
    const { lanes: laneCount = 3, createWindow } = this.#options;
    const { endpoints, proxied = endpoints, auth, patience } = this.#target;
    const laneOptions = { createWindow, ...patience, ...(auth && { auth }) };
    const lanes = await Promise.all(Array.from({ length: laneCount }, () => Lane.open(proxied, laneOptions)));
    await writePast(this.#writer, this.#fork(), this.#options.pastRevisions ?? 500);
    const writing = new AbortController();
    const writers = this.#startWriters(writing.signal);
    const users = await this.#chaos(lanes);
    writing.abort();
    await Promise.all(writers.map(({ done }) => done));

    await this.#calm(users);
    await Promise.all(users.map((user) => user.leave()));
    for (const lane of lanes) await lane.close();
    const truth = await this.#wholeTruth();
    await this.#checkEnds(users, lanes);
    if (truth !== undefined) {
      for (const what of await storeViolations(this.#writer, truth, writers))
        this.#violations.push({ guarantee: "truth", where: "the store", what });
    }
    await this.#writer.close();
    return this.#result(users, truth);
  }

  get #isProxied(): boolean {
    return this.#target.proxied !== undefined;
  }

  #startWriters(signal: AbortSignal): WriteLoad[] {
    const { writers = 6, writePauseMs: pauseMs = 15, valueBytes = 200 } = this.#options;
    return Array.from({ length: writers }, (_, index) => {
      return new WriteLoad({ client: this.#writer, dice: this.#fork(), name: `w${index}`, pauseMs, valueBytes, signal });
    });
  }

  /** Dice of its own for each part, so that what one of them does with its own changes nothing for the others. */
  #fork(): Dice {
    return new Dice(this.#dice.below(2 ** 31));
  }

  /** Users, and faults on every line and on the server. When it resolves the faults are over; the last watches of the users live on. */
  async #chaos(lanes: readonly Lane[]): Promise<WatchUser[]> {
    const { chaosMs, leastRevisions = 0, usersOfALane = 8, faultRestMs: restMs = 700, bufferBytes } = this.#options;
    const over = new AbortController();
    const { signal } = over;
    const surroundings = () => ({ headRevision: this.#collector.lastRevision, compactRevision: this.#compactRevision });
    const { progressIsOrdered, ownRefusals } = this.#target;
    const users = lanes.flatMap((lane, laneIndex) =>
      Array.from({ length: usersOfALane }, (_, index) => {
        const name = `${laneIndex}.${index}`;
        return new WatchUser({ name, lane, dice: this.#fork(), surroundings, bufferBytes, progressIsOrdered, ownRefusals, signal });
      }),
    );
    const onStruck = (name: string): void => void this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
    const tracks = [
      ...lanes.map((lane) =>
        runFaultTrack({ faults: linkFaults(lane, () => this.#compact()), dice: this.#fork(), restMs, signal, onStruck }),
      ),
      runFaultTrack({ faults: this.#target.faults, dice: this.#fork(), restMs: 2 * restMs, signal, onStruck }),
    ];
    const sinceRevision = this.#collector.lastRevision;
    const written = (): number => Number(this.#collector.lastRevision - sinceRevision);
    await rest(chaosMs, signal);
    const { leastEvents = 0, leastFaultKinds = 0 } = this.#options;
    const delivered = (): number =>
      users.reduce((sum, { watches }) => watches.reduce((ofUser, { eventCount }) => ofUser + eventCount, sum), 0);
    const isEnough = (): boolean => written() >= leastRevisions && delivered() >= leastEvents && this.#faults.size >= leastFaultKinds;
    for (let overtimeMs = 0; !isEnough() && overtimeMs < LONGEST_OVERTIME_MS; overtimeMs += OVERTIME_STEP_MS)
      await rest(OVERTIME_STEP_MS, signal);
    over.abort();
    await Promise.all([...tracks, ...users.map(({ done }) => done)]);
    for (const lane of lanes) lane.heal();
    await this.#target.recover();
    return users;
  }

  /** Never beyond what the collector has: the truth must be whole. */
  async #compact(): Promise<boolean> {
    const kept = Number(this.#collector.lastRevision - this.#compactRevision);
    const revision = this.#collector.lastRevision - BigInt(this.#dice.below(Math.max(1, this.#dice.chance(30) ? COMPACTION_LAG : kept)));
    if (revision <= this.#compactRevision) return false;
    this.#compactRevision = revision; // also when the answer is lost
    try {
      await this.#writer.kv.compact(revision);
      return true;
    } catch {
      return false;
    }
  }

  /** After the faults: writes every key once more, and waits until all that is due has come. */
  async #calm(users: readonly WatchUser[]): Promise<void> {
    const lastRevision = await writeEveryKey(this.#writer);
    for (const { current } of users) current?.hurry();
    await eventually(() => this.#collector.lastRevision >= lastRevision || this.#collector.failure !== undefined, {
      timeoutMs: LIVE_WITHIN_MS,
    });
    if (this.#collector.failure !== undefined) return;
    await awaitAll(users, new Truth(this.#collector.changes), { isProxied: this.#isProxied });
    await Promise.all(users.map(({ current }) => this.#askForProgress(current)));
  }

  async #askForProgress(watch: WatchUser["current"]): Promise<void> {
    if (watch === undefined || this.#dice.chance(70)) return;
    const odd = await watch.askForProgress(1_000);
    if (odd !== undefined) this.#violations.push({ guarantee: "progressAnswers", where: watch.record.name, what: odd });
  }

  /** Nobody reads any more. A write whose answer was lost, or a lease, may have added to what was calm: the truth must have that too. */
  async #wholeTruth(): Promise<Truth | undefined> {
    const isWhole = async (): Promise<boolean> => (await this.#writer.kv.get("a")).header.revision <= this.#collector.lastRevision;
    await eventually(() => isWhole().catch(() => false), { timeoutMs: LIVE_WITHIN_MS }).catch(() => undefined);
    await this.#collector.close();
    try {
      if (this.#collector.failure !== undefined) throw new Error(this.#collector.failure);
      return new Truth(this.#collector.changes, { compactRevision: this.#compactRevision });
    } catch (error) {
      this.#violations.push({ guarantee: "truth", where: "the collector", what: String(error) });
      return undefined;
    }
  }

  /** Some users end their watches themselves, the clients end the rest. Then nothing may be left. */
  async #checkEnds(users: readonly WatchUser[], lanes: readonly Lane[]): Promise<void> {
    const watches = users.flatMap(({ watches }) => watches);
    const none = (): Promise<number> => Promise.resolve(0);
    const { watchers = none, streams = none } = this.#target;
    await eventually(() => watches.every(({ isOver }) => isOver), { timeoutMs: ENDED_WITHIN_MS }).catch(() => undefined);
    await eventually(async () => (await watchers()) <= 0 && (await streams()) <= 0, { timeoutMs: ENDED_WITHIN_MS }).catch(() => undefined);
    const left = {
      "watches on the server": Math.max(0, await watchers()),
      "streams on the server": Math.max(0, await streams()),
      ...Object.fromEntries(
        lanes.flatMap(({ tap, clock }, index) => [
          [`open calls of lane ${index}`, tap.openCalls],
          [`late writes of lane ${index}`, tap.lateWrites],
          [`creates of no watch of lane ${index}`, tap.unknownCreates],
          [`timers of lane ${index}`, clock.pendingTimers],
        ]),
      ),
    };
    for (const what of nothingLeft(left)) this.#violations.push({ guarantee: "nothingLeft", where: this.#target.name, what });
    for (const user of users)
      for (const what of user.oddities) this.#violations.push({ guarantee: "progressAnswers", where: "a user", what });
  }

  #result(users: readonly WatchUser[], truth: Truth | undefined): RoundResult {
    const records = users.flatMap(({ watches }) => watches.map(({ record }) => record));
    const proxyLosses: ProxyLoss[] = [];
    for (const record of records) {
      if (truth === undefined) break;
      const { violations, lost } = judgeRecord(record, truth, { isProxied: this.#isProxied });
      this.#violations.push(...violations);
      const [first, last] = [lost[0], lost.at(-1)];
      if (first !== undefined && last !== undefined)
        proxyLosses.push({ where: record.name, events: lost.length, first: inShort(first), last: inShort(last) });
    }
    const failed = new Set([...this.#violations, ...proxyLosses].map(({ where }) => where));
    return {
      seed: this.#options.seed,
      target: this.#target.name,
      watches: records.length,
      compacted: records.filter(({ endings }) => endings[0]?.kind === "compacted").length,
      recreated: records.reduce((sum, { wire }) => sum + Math.max(0, (wire?.creates.length ?? 0) - 1), 0),
      events: records.reduce((sum, { responses }) => sum + responses.reduce((events, each) => events + each.events.length, 0), 0),
      revisions: truth?.lastRevision ?? 0n,
      faults: this.#faults,
      compactRevision: this.#compactRevision,
      violations: this.#violations,
      proxyLosses,
      stories: new Map(records.filter(({ name }) => failed.has(name)).map((record) => [record.name, storyOf(record)])),
    };
  }
}
