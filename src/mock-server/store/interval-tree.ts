import { BalancedTree } from "./balanced-tree.ts";
import type { TreeNode } from "./balanced-tree.ts";
import { intervalHolds } from "./key-text.ts";
import type { KeyInterval, KeyText } from "./key-text.ts";

/** The furthest end below a node: `undefined` is the open end, above every key. */
interface FurthestEnd {
  readonly end: KeyText | undefined;
}

/** Values by interval, found by a key that lies inside: O(log n + hits). */
export class IntervalTree<V> {
  readonly #tree = new BalancedTree<KeyInterval, V, FurthestEnd>({
    compare: compareIntervals,
    summarize: ({ end }, _value, left, right) => ({ end: furthest(furthest(end, left), right) }),
  });

  get size(): number {
    return this.#tree.size;
  }

  get(interval: KeyInterval): V | undefined {
    return this.#tree.get(interval);
  }

  set(interval: KeyInterval, value: V): void {
    this.#tree.set(interval, value);
  }

  delete(interval: KeyInterval): boolean {
    return this.#tree.delete(interval);
  }

  /** Calls `visit` with the value of each interval that holds the key, until it returns false. Returns whether it never did. */
  stab(key: KeyText, visit: (value: V) => boolean): boolean {
    return stab(this.#tree.root, key, visit);
  }
}

function stab<V>(node: Readonly<TreeNode<KeyInterval, V, FurthestEnd>> | undefined, key: KeyText, visit: (value: V) => boolean): boolean {
  if (node === undefined) return true;
  if (node.summary.end !== undefined && node.summary.end <= key) return true; // everything below ends before the key
  if (!stab(node.left, key, visit)) return false;
  if (node.key.begin > key) return true; // and so does everything to the right begin after it
  if (intervalHolds(node.key, key) && !visit(node.value)) return false;
  return stab(node.right, key, visit);
}

function compareIntervals(a: KeyInterval, b: KeyInterval): number {
  if (a.begin !== b.begin) return a.begin < b.begin ? -1 : 1;
  if (a.end === b.end) return 0;
  if (a.end === undefined) return 1;
  if (b.end === undefined) return -1;
  return a.end < b.end ? -1 : 1;
}

function furthest(end: KeyText | undefined, other: FurthestEnd | undefined): KeyText | undefined {
  if (other === undefined) return end;
  if (end === undefined || other.end === undefined) return undefined;
  return end < other.end ? other.end : end;
}
