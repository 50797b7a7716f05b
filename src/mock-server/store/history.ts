import type { Change } from "./change.ts";

/** The changes of each revision since the last compaction, in order: what watchers catch up from. */
export class History {
  /** The revision of the first entry. */
  #first: bigint;
  #transactions: (readonly Change[])[] = [];

  constructor(first: bigint) {
    this.#first = first;
  }

  append(changes: readonly Change[]): void {
    this.#transactions.push(changes);
  }

  /** Changes from a revision on, in the order they were made. */
  *since(revision: bigint): IterableIterator<Change> {
    const from = revision > this.#first ? Number(revision - this.#first) : 0;
    for (let index = from; index < this.#transactions.length; index++) yield* this.#transactions[index] ?? [];
  }

  /** Forgets what came after a revision. */
  rollBack(revision: bigint): void {
    this.#transactions.length = Math.max(0, Number(revision - this.#first) + 1);
  }

  /** Forgets all before `revision`, and of that one what `keep` turns down. */
  compact(revision: bigint, keep: (change: Change) => boolean): void {
    if (revision < this.#first) return;
    this.#transactions = this.#transactions.slice(Number(revision - this.#first));
    this.#first = revision;
    const oldest = this.#transactions[0];
    if (oldest !== undefined) this.#transactions[0] = oldest.filter(keep);
  }
}
