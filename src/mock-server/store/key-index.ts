import { sizeBytesOf } from "./change.ts";
import type { Change } from "./change.ts";

/**
 * Everything that is known of one key, oldest first. A tombstone ends a generation of the key; the next put begins another one.
 * Never empty while it stands in the tree.
 */
export class KeyIndex {
  #changes: Change[] = [];

  add(change: Change): void {
    this.#changes.push(change);
  }

  /** What the key was at a revision; undefined if it did not exist then. */
  at(revision: bigint): Change | undefined {
    const change = this.#changes[this.#newestAt(revision)];
    return change?.kind === "put" ? change : undefined;
  }

  /**
   * Forgets what a compaction at `revision` takes: all but the newest change at or before it. A tombstone goes too, unless it stands at
   * exactly that revision and is to be kept for watchers that start there. Returns whether anything is left.
   */
  compact(revision: bigint, keepTombstone: boolean): boolean {
    let first = this.#newestAt(revision);
    if (first < 0) return this.#changes.length > 0;
    const newest = this.#changes[first];
    if (newest?.kind === "delete" && !(keepTombstone && newest.kv.modRevision === revision)) first++;
    if (first > 0) this.#changes = this.#changes.slice(first);
    return this.#changes.length > 0;
  }

  /** Forgets what came after a revision. Returns whether anything is left. */
  rollBack(revision: bigint): boolean {
    this.#changes.length = this.#newestAt(revision) + 1;
    return this.#changes.length > 0;
  }

  /** What all that is known of the key takes. */
  get sizeBytes(): number {
    return this.#changes.reduce((sum, change) => sum + sizeBytesOf(change), 0);
  }

  /** Whether the change has survived every compaction. */
  holds(change: Change): boolean {
    return this.#changes[this.#newestAt(change.kv.modRevision)] === change;
  }

  #newestAt(revision: bigint): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const change = this.#changes[middle];
      if (change !== undefined && change.kv.modRevision <= revision) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
