import type { Behaviour } from "../behaviour.ts";
import { batchesFor } from "./event-batch.ts";
import type { Batches } from "./event-batch.ts";
import type { Change } from "./change.ts";
import { MvccStore } from "./mvcc-store.ts";
import type { LeaseBook } from "./lease-book.ts";
import { StoreWatcher } from "./store-watcher.ts";
import type { StoreWatcherOptions } from "./store-watcher.ts";
import { WatcherGroup } from "./watcher-group.ts";

/** Watchers that one round brings forward. */
const WATCHERS_PER_ROUND = 512;

/** The id under which a progress message speaks for every watch of its stream. */
export const ALL_WATCHES = -1n;

export interface WatchableStoreOptions {
  readonly leases: LeaseBook;
  readonly behaviour: Behaviour;
}

/**
 * A store whose changes can be watched (etcd's watchableStore). A watcher that can still be sent something stands in one place:
 *
 *   synced    has seen everything up to the store's revision. Each transaction is sent as it commits.
 *   unsynced  is behind. Each sync round reads it forward from the history.
 *   victims   its stream was full. Holds the one batch that did not fit, and gets nothing else until that is gone.
 *
 *             full                    room, caught up
 *   synced ─────────► victims ────────────────────────► synced
 *      ▲                ▲  └── room, still behind ──► unsynced
 *      └─ caught up ─┐  │ full                           │
 *                    └──┴───── unsynced ◄────────────────┘
 *
 * A watcher leaves all three when it is cancelled, or when it is unsynced and what it needs is compacted.
 */
export class WatchableStore {
  readonly mvcc: MvccStore;
  readonly #behaviour: Behaviour;
  readonly #synced = new WatcherGroup();
  readonly #unsynced = new WatcherGroup();
  #victims: Batches = new Map();
  #onBehind: () => void = () => undefined;

  constructor({ leases, behaviour }: WatchableStoreOptions) {
    this.#behaviour = behaviour;
    this.mvcc = new MvccStore({
      leases,
      keepTombstoneAtCompaction: behaviour.keepsTombstoneAtCompaction,
      onCommit: (revision, changes) => {
        this.#notify(revision, changes);
      },
    });
  }

  /** Called whenever a watcher becomes unsynced or a victim: `syncRound` or `retryVictims` has something to do. */
  set onBehind(listener: () => void) {
    this.#onBehind = listener;
  }

  get unsyncedCount(): number {
    return this.#unsynced.size;
  }

  get victimCount(): number {
    return this.#victims.size;
  }

  get watcherCount(): number {
    return this.#synced.size + this.#unsynced.size + this.#victims.size;
  }

  watch(options: StoreWatcherOptions): StoreWatcher {
    const watcher = new StoreWatcher(options);
    const { startRevision } = options;
    const next = this.mvcc.revision + 1n;
    if (startRevision === 0n || startRevision >= next) {
      watcher.minRevision = startRevision > next ? startRevision : next;
      this.#synced.add(watcher);
    } else {
      this.#unsynced.add(watcher);
      this.#onBehind();
    }
    return watcher;
  }

  /** Takes a watcher from wherever it stands. */
  unwatch(watcher: StoreWatcher): void {
    this.#unsynced.delete(watcher);
    this.#synced.delete(watcher);
    this.#victims.delete(watcher);
  }

  /** Sends progress to the first of the watchers, in the name of `watchId`, if every one of them has seen all there is. */
  progress(watchers: Iterable<StoreWatcher>, watchId: bigint): void {
    const { revision } = this.mvcc;
    let first: StoreWatcher | undefined;
    for (const watcher of watchers) {
      if (!this.#synced.has(watcher)) return;
      if (this.#behaviour.progressWaitsForStart && revision < watcher.startRevision) return;
      first ??= watcher;
    }
    first?.sendProgress(revision, watchId);
  }

  /** Brings unsynced watchers forward. Returns how many are still behind. */
  syncRound(): number {
    const { revision, compactedRevision } = this.mvcc;
    const { chosen, lowest } = this.#choose(compactedRevision);
    // etcd keeps revisions as unsigned bytes: below zero is above everything, and such a round reads nothing (3.4.23).
    const changes = chosen.size === 0 || lowest < 0n ? [] : this.mvcc.changesSince(lowest);
    const batches = batchesFor(chosen, changes);
    for (const watcher of chosen) {
      this.#unsynced.delete(watcher);
      if (this.#behaviour.compactedWaitsWhenFull && watcher.minRevision < compactedRevision) {
        this.#unsynced.add(watcher); // its stream had no room to say so; at the end, so that the others have their turn
        continue;
      }
      if (watcher.minRevision <= revision) watcher.minRevision = revision + 1n;
      const batch = batches.get(watcher);
      if (batch?.moreFrom !== undefined) watcher.minRevision = batch.moreFrom;
      if (batch !== undefined && !watcher.sendChanges(batch.changes, revision)) this.#victims.set(watcher, batch);
      else if (batch?.moreFrom !== undefined) this.#unsynced.add(watcher);
      else this.#synced.add(watcher);
    }
    if (this.#victims.size > 0) this.#onBehind();
    return this.#unsynced.size;
  }

  /** Offers each victim's batch again. Returns how many found room. */
  retryVictims(): number {
    let moved = 0;
    for (const [watcher, batch] of this.#victims) {
      // All below the minimum was sent or is in this batch.
      if (!watcher.sendChanges(batch.changes, watcher.minRevision - 1n)) continue;
      moved++;
      this.#victims.delete(watcher);
      if (watcher.minRevision <= this.mvcc.revision) this.#unsynced.add(watcher);
      else this.#synced.add(watcher);
    }
    if (this.#unsynced.size > 0) this.#onBehind();
    return moved;
  }

  /** Lets every watcher go, as a server does that ends. */
  unwatchAll(): void {
    for (const watcher of [...this.#synced, ...this.#unsynced, ...this.#victims.keys()]) this.unwatch(watcher);
  }

  #notify(revision: bigint, changes: readonly Change[]): void {
    for (const [watcher, batch] of batchesFor(this.#synced, changes)) {
      if (!watcher.sendChanges(batch.changes, revision)) {
        this.#synced.delete(watcher);
        this.#victims.set(watcher, batch);
      }
      watcher.minRevision = revision + 1n;
    }
    if (this.#victims.size > 0) this.#onBehind();
  }

  /** The watchers of one round, and the revision to read from. Those that need what is compacted are told so here. */
  #choose(compactedRevision: bigint): { chosen: WatcherGroup; lowest: bigint } {
    const chosen = new WatcherGroup();
    const everyone = this.#unsynced.size < WATCHERS_PER_ROUND;
    let lowest = this.mvcc.revision + 1n;
    for (const watcher of this.#unsynced) {
      if (chosen.size === WATCHERS_PER_ROUND) break;
      chosen.add(watcher);
    }
    for (const watcher of [...chosen]) {
      if (watcher.minRevision >= compactedRevision) {
        if (watcher.minRevision < lowest) lowest = watcher.minRevision;
      } else if (watcher.sendCompacted(compactedRevision)) {
        chosen.delete(watcher);
        // With 512 or more behind, etcd forgets it only in its copy of the group, and says the same again in a later round.
        this.#unsynced.delete(watcher);
        if (!everyone) this.#unsynced.add(watcher);
      }
    }
    return { chosen, lowest };
  }
}
