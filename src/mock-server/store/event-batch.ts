import type { Change } from "./change.ts";
import type { StoreWatcher } from "./store-watcher.ts";
import type { WatcherGroup } from "./watcher-group.ts";

/** Distinct revisions in one message, at most. */
const MOST_REVISIONS = 1000;

/** The changes that one watcher is to be sent in one message. A revision is whole in it or not in it. */
export class EventBatch {
  readonly changes: Change[] = [];
  #revisions = 0;
  #moreFrom: bigint | undefined;

  /** The first revision that did not fit; undefined if all did. */
  get moreFrom(): bigint | undefined {
    return this.#moreFrom;
  }

  add(change: Change): void {
    if (this.#moreFrom !== undefined) return;
    const { modRevision } = change.kv;
    if (this.changes.at(-1)?.kv.modRevision !== modRevision) {
      if (this.#revisions === MOST_REVISIONS) {
        this.#moreFrom = modRevision;
        return;
      }
      this.#revisions++;
    }
    this.changes.push(change);
  }
}

export type Batches = Map<StoreWatcher, EventBatch>;

/** Sorts changes to the watchers that have not seen them yet. */
export function batchesFor(group: WatcherGroup, changes: Iterable<Change>): Batches {
  const batches: Batches = new Map();
  if (group.size === 0) return batches;
  for (const change of changes) {
    group.forKey(change.key, (watcher) => {
      if (change.kv.modRevision < watcher.minRevision) return;
      let batch = batches.get(watcher);
      if (batch === undefined) {
        batch = new EventBatch();
        batches.set(watcher, batch);
      }
      batch.add(change);
    });
  }
  return batches;
}
