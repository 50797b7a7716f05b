import type { KeyValue } from "../../gen/kv.ts";
import { tombstone } from "./change.ts";
import type { Change } from "./change.ts";
import { keyText } from "./key-text.ts";
import type { KeySpan } from "./key-text.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { RangeOptions, RangeResult, ReadView } from "./read-view.ts";
import type { TreeIndex } from "./tree-index.ts";

export interface WriteTxnOptions {
  readonly base: ReadView;
  readonly index: TreeIndex;
  readonly leases: LeaseBook;
  /** Where the changes go, in order. */
  readonly changes: Change[];
  readonly rangeAt: (revision: bigint, span: KeySpan, options: RangeOptions) => RangeResult;
}

/** One transaction in progress. All it changes has one revision, and it reads what it has written. */
export class WriteTxn implements ReadView {
  readonly #options: WriteTxnOptions;
  /** The revision of what is written. */
  readonly #next: bigint;

  constructor(options: WriteTxnOptions) {
    this.#options = options;
    this.#next = options.base.revision + 1n;
  }

  /** The store's revision so far: one more as soon as something was changed. */
  get revision(): bigint {
    return this.#options.changes.length > 0 ? this.#next : this.#options.base.revision;
  }

  get compactedRevision(): bigint {
    return this.#options.base.compactedRevision;
  }

  range(span: KeySpan, options: RangeOptions = {}): RangeResult {
    return this.#options.rangeAt(this.revision, span, options);
  }

  put(keyBytes: Uint8Array, value: Uint8Array, lease: bigint): void {
    const { index, leases, changes } = this.#options;
    const key = keyText(keyBytes);
    const previous = index.at(key, this.#next)?.kv;
    const kv: KeyValue = {
      key: previous?.key ?? Buffer.from(keyBytes), // copied: the request's buffer must not live as long as the store
      value: Buffer.from(value),
      createRevision: previous?.createRevision ?? this.#next,
      modRevision: this.#next,
      version: (previous?.version ?? 0n) + 1n,
      lease,
    };
    const change: Change = { kind: "put", key, kv };
    index.add(change);
    changes.push(change);
    if (previous !== undefined && previous.lease !== 0n) leases.detach(previous.lease, key);
    if (lease !== 0n) leases.attach(lease, key);
  }

  /** Deletes what stands in the span, in the order of keys. Returns how many. */
  delete(span: KeySpan): number {
    const { index, leases, changes } = this.#options;
    const found = index.range(span, this.revision).changes;
    for (const { key, kv } of found) {
      const change = tombstone(key, kv.key, this.#next);
      index.add(change);
      changes.push(change);
      if (kv.lease !== 0n) leases.detach(kv.lease, key);
    }
    return found.length;
  }
}
