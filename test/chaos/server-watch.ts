import type { Event } from "../../src/gen/kv.ts";
import type { WireServerWatch } from "../support/guarantees/watch-record.ts";

/** Events of a lane that are kept, at the most: some twenty bytes each, as keys are few and shared. */
const MOST_EVENTS = 5_000_000;

/** What the watches of a lane keep of the wire together. */
export class WireMemory {
  readonly #keys = new Map<string, string>();
  #events = 0;

  /** Not all that came was kept: nothing is to be concluded from what was. */
  get isFull(): boolean {
    return this.#events > MOST_EVENTS;
  }

  /** Whether one more event may be kept. */
  take(): boolean {
    this.#events++;
    return !this.isFull;
  }

  /** The same string for the same key. */
  keyOf(bytes: Uint8Array): string {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const known = this.#keys.get(key);
    if (known === undefined) this.#keys.set(key, key);
    return known ?? key;
  }
}

export interface ServerWatchOptions {
  readonly startRevision: bigint;
  readonly createdRevision: bigint;
  /** When its call was last heard of. */
  readonly heard: { readonly atMs: number };
  readonly memory: WireMemory;
}

/** Keeps book of one watch of the server. */
export class ServerWatch implements WireServerWatch {
  readonly startRevision: bigint;
  readonly createdRevision: bigint;
  readonly sinceMs = performance.now();
  readonly revisions: number[] = [];
  readonly keys: string[] = [];
  noticeRevision = 0n;
  readonly #memory: WireMemory;
  #heard: { readonly atMs: number };

  constructor({ startRevision, createdRevision, heard, memory }: ServerWatchOptions) {
    this.startRevision = startRevision;
    this.createdRevision = createdRevision;
    this.#heard = heard;
    this.#memory = memory;
  }

  get heardUntilMs(): number {
    return this.#heard.atMs;
  }

  onEvents(events: readonly Event[]): void {
    for (const { kv } of events) {
      if (kv === undefined || !this.#memory.take()) continue;
      this.revisions.push(Number(kv.modRevision));
      this.keys.push(this.#memory.keyOf(kv.key));
    }
  }

  onNotice(revision: bigint): void {
    if (revision > this.noticeRevision) this.noticeRevision = revision;
  }

  /** It is no more, or not the client's any more: what is heard from now on is not for it. */
  end(): void {
    this.#heard = { atMs: this.#heard.atMs };
  }
}
