import { contains } from "../../../src/model/key-range.ts";
import type { RecordedKv, WatchAsked } from "./watch-record.ts";

/** One change, as the store made it. */
export interface TrueEvent {
  readonly type: "put" | "delete";
  readonly kv: RecordedKv;
  /** The key before, from replaying the history. */
  readonly prevKv: RecordedKv | undefined;
  readonly keyBytes: Buffer;
}

/** What really happened: every change from revision 1 on. */
export class Truth {
  /** In order of revision; within one, in the server's order. */
  readonly events: readonly TrueEvent[];
  /** The highest revision below which the server may have forgotten everything; 0 for none. */
  readonly compactRevision: bigint;
  readonly #byRevisionAndKey = new Map<string, TrueEvent>();
  #left: ReadonlySet<TrueEvent> = new Set();

  /** @throws {Error} if the changes are no history: revisions that go back, a key twice in one, a version that does not count up */
  constructor(changes: readonly { readonly type: "put" | "delete"; readonly kv: RecordedKv }[], { compactRevision = 0n } = {}) {
    const present = new Map<string, RecordedKv>();
    let last = 0n;
    this.compactRevision = compactRevision;
    this.events = changes.map(({ type, kv }) => {
      if (kv.modRevision < last) throw new Error(`the truth goes back from ${last} to ${kv.modRevision}`);
      last = kv.modRevision;
      const prevKv = present.get(kv.key);
      const event = { type, kv, prevKv, keyBytes: Buffer.from(kv.key, "latin1") };
      if (this.#byRevisionAndKey.has(id(kv))) throw new Error(`the truth has ${kv.key} at ${kv.modRevision} twice`);
      if (type === "delete" && prevKv === undefined)
        throw new Error(`the truth deletes ${kv.key} at ${kv.modRevision}, which was not there`);
      if (type === "put" && kv.version !== (prevKv?.version ?? 0n) + 1n)
        throw new Error(`the truth has version ${kv.version} of ${kv.key} at ${kv.modRevision} after ${String(prevKv?.version)}`);
      if (type === "put") present.set(kv.key, kv);
      else present.delete(kv.key);
      this.#byRevisionAndKey.set(id(kv), event);
      return event;
    });
  }

  get lastRevision(): bigint {
    return this.events.at(-1)?.kv.modRevision ?? 0n;
  }

  /** What happened to that key at that revision. */
  at(kv: Pick<RecordedKv, "key" | "modRevision">): TrueEvent | undefined {
    return this.#byRevisionAndKey.get(id(kv));
  }

  /** Every key that is there after the last revision. */
  get present(): ReadonlyMap<string, RecordedKv> {
    const present = new Map<string, RecordedKv>();
    for (const { type, kv } of this.events) {
      if (type === "put") present.set(kv.key, kv);
      else present.delete(kv.key);
    }
    return present;
  }

  /** What a watch asks for, from revision `from` up to but without `until`. */
  matching(asked: WatchAsked, from: bigint, until: bigint): TrueEvent[] {
    return this.events.filter((event) => {
      const { type, kv, keyBytes } = event;
      const isIn = kv.modRevision >= from && kv.modRevision < until;
      return isIn && isAskedFor(asked, type, keyBytes) && !this.#left.has(event);
    });
  }

  /** The same history, in which no watch is owed these events. */
  notOwing(events: readonly TrueEvent[]): Truth {
    const truth = new Truth(this.events, { compactRevision: this.compactRevision });
    truth.#left = new Set(events.map(({ kv }) => truth.at(kv)).filter((event) => event !== undefined));
    return truth;
  }
}

/** Whether an event is of the range, and not filtered out. */
export function isAskedFor({ range, filters }: WatchAsked, type: "put" | "delete", key: Buffer): boolean {
  return !filters.includes(type === "put" ? "noput" : "nodelete") && contains(range, key);
}

function id({ key, modRevision }: Pick<RecordedKv, "key" | "modRevision">): string {
  return `${modRevision}/${key}`;
}
