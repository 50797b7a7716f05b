import { serverErrors } from "../../errors/server-errors.ts";
import { RefusedError } from "../refused-error.ts";
import type { Change } from "./change.ts";
import { History } from "./history.ts";
import type { KeySpan } from "./key-text.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { RangeOptions, RangeResult, ReadView } from "./read-view.ts";
import { TreeIndex } from "./tree-index.ts";
import { WriteTxn } from "./write-txn.ts";

/** A fresh etcd stands at revision 1; the first change makes 2. */
const FIRST_REVISION = 1n;
/** What etcd holds before the first compaction. */
const NEVER_COMPACTED = -1n;

export interface MvccStoreOptions {
  readonly leases: LeaseBook;
  /** Whether a tombstone at exactly the compacted revision stays for watchers that start there. Current etcd does that. */
  readonly keepTombstoneAtCompaction?: boolean;
  /** Called with the changes of a transaction before its revision can be seen. */
  readonly onCommit?: (revision: bigint, changes: readonly Change[]) => void;
}

/** Keys and values in every revision since the last compaction (etcd's mvcc store). No I/O, no time. */
export class MvccStore implements ReadView {
  readonly #index = new TreeIndex();
  readonly #history = new History(FIRST_REVISION + 1n);
  readonly #leases: LeaseBook;
  readonly #keepTombstone: boolean;
  readonly #onCommit: (revision: bigint, changes: readonly Change[]) => void;
  #revision = FIRST_REVISION;
  #compactedRevision = NEVER_COMPACTED;

  constructor({ leases, keepTombstoneAtCompaction = true, onCommit = () => undefined }: MvccStoreOptions) {
    this.#leases = leases;
    this.#keepTombstone = keepTombstoneAtCompaction;
    this.#onCommit = onCommit;
  }

  get revision(): bigint {
    return this.#revision;
  }

  get compactedRevision(): bigint {
    return this.#compactedRevision;
  }

  /** What all that is kept takes. It is counted when it is asked for. */
  get sizeBytes(): number {
    return this.#index.sizeBytes;
  }

  range(span: KeySpan, options: RangeOptions = {}): RangeResult {
    return this.#rangeAt(this.#revision, span, options);
  }

  /** Runs one transaction. `body` must check before it writes: nothing is undone if it throws. */
  write<T>(body: (txn: WriteTxn) => T): T {
    const changes: Change[] = [];
    const next = this.#revision + 1n;
    const txn = new WriteTxn({
      base: this,
      index: this.#index,
      leases: this.#leases,
      changes,
      rangeAt: (revision, span, options) => this.#rangeAt(revision, span, options),
    });
    const result = body(txn);
    if (changes.length > 0) {
      this.#history.append(changes);
      this.#onCommit(next, changes);
      this.#revision = next;
    }
    return result;
  }

  /** @throws {RefusedError} if the revision is compacted already, or is not there yet */
  compact(revision: bigint): void {
    if (revision <= this.#compactedRevision) throw new RefusedError(serverErrors.compacted);
    if (revision > this.#revision) throw new RefusedError(serverErrors.futureRevision);
    this.#compactedRevision = revision;
    this.#index.compact(revision, this.#keepTombstone);
    this.#history.compact(revision, (change) => this.#index.holds(change));
  }

  /**
   * Forgets everything after a revision, as a restore from a backup does. Keys hang on their leases again, as far as those are there.
   * @throws {RefusedError} if the revision is compacted, or is not there yet
   */
  rollBack(revision: bigint): void {
    if (revision < this.#compactedRevision || revision < FIRST_REVISION) throw new RefusedError(serverErrors.compacted);
    if (revision > this.#revision) throw new RefusedError(serverErrors.futureRevision);
    const undone = [...this.#history.since(revision + 1n)];
    this.#history.rollBack(revision);
    this.#index.rollBack(revision);
    this.#revision = revision;
    for (const { key, kv } of undone) {
      if (kv.lease !== 0n) this.#leases.detach(kv.lease, key);
      const lease = this.#index.at(key, revision)?.kv.lease ?? 0n;
      if (lease !== 0n) this.#leases.attach(lease, key);
    }
  }

  /** What happened from a revision on, in order. */
  changesSince(revision: bigint): Iterable<Change> {
    return this.#history.since(revision);
  }

  #rangeAt(current: bigint, span: KeySpan, { revision = 0n, limit, countOnly = false }: RangeOptions): RangeResult {
    if (revision > current) throw new RefusedError(serverErrors.futureRevision);
    const at = revision <= 0n ? current : revision;
    if (at < this.#compactedRevision) throw new RefusedError(serverErrors.compacted);
    const { changes, total } = this.#index.range(span, at, countOnly ? 0 : limit);
    return { kvs: changes.map(({ kv }) => kv), count: total, revision: current };
  }
}
