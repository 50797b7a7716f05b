import type { Change } from "./change.ts";
import type { EventChannel } from "./event-channel.ts";
import type { KeySpan } from "./key-text.ts";

export interface StoreWatcherOptions {
  readonly watchId: bigint;
  readonly span: KeySpan;
  readonly startRevision: bigint;
  readonly channel: EventChannel;
  /** Kinds of change that are not sent. */
  readonly without: ReadonlySet<Change["kind"]>;
}

/** One watch as the store sees it. Which group it stands in is its state. */
export class StoreWatcher {
  readonly watchId: bigint;
  readonly span: KeySpan;
  readonly startRevision: bigint;
  /** The first revision that it has not seen. */
  minRevision: bigint;
  readonly #channel: EventChannel;
  readonly #without: ReadonlySet<Change["kind"]>;

  constructor({ watchId, span, startRevision, channel, without }: StoreWatcherOptions) {
    this.watchId = watchId;
    this.span = span;
    this.startRevision = startRevision;
    this.minRevision = startRevision;
    this.#channel = channel;
    this.#without = without;
  }

  /** False if the stream has no room. Changes that are all filtered out need none. */
  sendChanges(changes: readonly Change[], revision: bigint): boolean {
    const wanted = this.#without.size === 0 ? changes : changes.filter(({ kind }) => !this.#without.has(kind));
    if (wanted.length === 0) return true;
    return this.#channel.offer({ watchId: this.watchId, changes: wanted, revision, compactRevision: 0n });
  }

  /** Says that everything up to `revision` was sent: in its own name, or in that of all watches of the stream. */
  sendProgress(revision: bigint, watchId = this.watchId): boolean {
    return this.#channel.offer({ watchId, changes: [], revision, compactRevision: 0n });
  }

  /** Says that what it needs is gone. The header of that message has revision 0. */
  sendCompacted(compactRevision: bigint): boolean {
    return this.#channel.offer({ watchId: this.watchId, changes: [], revision: 0n, compactRevision });
  }
}
