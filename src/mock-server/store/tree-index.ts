import { BalancedTree } from "./balanced-tree.ts";
import type { Change } from "./change.ts";
import { KeyIndex } from "./key-index.ts";
import type { KeySpan, KeyText } from "./key-text.ts";

const FIRST_KEY = "";

/** Keys in bytewise order, each with its history. */
export class TreeIndex {
  readonly #tree = new BalancedTree<KeyText, KeyIndex>({
    compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    summarize: () => undefined,
  });

  /** What all revisions of all keys take. */
  get sizeBytes(): number {
    let sum = 0;
    this.#tree.ascend(FIRST_KEY, ({ sizeBytes }) => {
      sum += sizeBytes;
      return true;
    });
    return sum;
  }

  add(change: Change): void {
    let index = this.#tree.get(change.key);
    if (index === undefined) {
      index = new KeyIndex();
      this.#tree.set(change.key, index);
    }
    index.add(change);
  }

  at(key: KeyText, revision: bigint): Change | undefined {
    return this.#tree.get(key)?.at(revision);
  }

  /** What stood in the span at a revision, in the order of keys. `total` counts past the limit. */
  range(span: KeySpan, revision: bigint, limit = Infinity): { changes: Change[]; total: number } {
    const changes: Change[] = [];
    let total = 0;
    const take = (change: Change | undefined): void => {
      if (change === undefined) return;
      if (total++ < limit) changes.push(change);
    };
    if (span.kind === "key") take(this.at(span.key, revision));
    else {
      this.#tree.ascend(span.begin, (index, key) => {
        if (span.end !== undefined && key >= span.end) return false;
        take(index.at(revision));
        return true;
      });
    }
    return { changes, total };
  }

  compact(revision: bigint, keepTombstone: boolean): void {
    this.#prune((index) => index.compact(revision, keepTombstone));
  }

  rollBack(revision: bigint): void {
    this.#prune((index) => index.rollBack(revision));
  }

  holds(change: Change): boolean {
    return this.#tree.get(change.key)?.holds(change) ?? false;
  }

  /** Takes away the keys of which `prune` leaves nothing. */
  #prune(prune: (index: KeyIndex) => boolean): void {
    const emptied: KeyText[] = [];
    this.#tree.ascend(FIRST_KEY, (index, key) => {
      if (!prune(index)) emptied.push(key);
      return true;
    });
    for (const key of emptied) this.#tree.delete(key);
  }
}
