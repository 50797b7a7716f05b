/** One change of one key, at one revision. */
export interface Change {
  readonly revision: bigint;
  readonly type: "put" | "delete";
  readonly key: string;
  /** Empty for a delete. */
  readonly value: string;
}

/** What the server answered to those who wrote: which changes there are, and at which revisions. No watch has a hand in it. */
export class Ledger {
  readonly #byRevision = new Map<bigint, readonly Change[]>();
  #inOrder: readonly Change[] | undefined;
  #lastRevision = 0n;

  /** @throws {Error} if another write has had the same revision */
  record(revision: bigint, changes: readonly Omit<Change, "revision">[]): void {
    if (changes.length === 0) return;
    if (this.#byRevision.has(revision)) throw new Error(`two writes were answered with revision ${String(revision)}`);
    this.#byRevision.set(
      revision,
      changes.map((change) => ({ revision, ...change })),
    );
    if (revision > this.#lastRevision) this.#lastRevision = revision;
    this.#inOrder = undefined;
  }

  /** Every change, by revision, and within a revision in the order of the transaction that made them. */
  get changes(): readonly Change[] {
    this.#inOrder ??= [...this.#byRevision].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, changes]) => changes);
    return this.#inOrder;
  }

  get revisionCount(): number {
    return this.#byRevision.size;
  }

  get lastRevision(): bigint {
    return this.#lastRevision;
  }
}
