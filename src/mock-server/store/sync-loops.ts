import type { Clock, Timer } from "../../util/clock.ts";
import type { WatchableStore } from "./watchable-store.ts";

/** Unsynced watchers are read forward this often. */
const SYNC_PERIOD_MS = 100;
/** Streams that were full are tried again this often. */
const VICTIM_PERIOD_MS = 10;

/**
 * Runs the two passes of a watchable store while there is something for them to do; no timer otherwise. Sync rounds fall on a grid of
 * 100 ms, as those of etcd's ticker do, so that a new watcher waits from 0 to 100 ms.
 */
export class SyncLoops {
  readonly #store: WatchableStore;
  readonly #clock: Clock;
  #syncTimer: Timer | undefined;
  #victimTimer: Timer | undefined;

  constructor(store: WatchableStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    store.onBehind = () => {
      this.#arm();
    };
  }

  /** Nothing runs afterwards until the store speaks up again. */
  stop(): void {
    this.#syncTimer?.cancel();
    this.#victimTimer?.cancel();
    this.#syncTimer = undefined;
    this.#victimTimer = undefined;
  }

  #arm(): void {
    if (this.#store.unsyncedCount > 0) {
      this.#syncTimer ??= this.#clock.setTimer(this.#untilNextTickMs(), () => {
        this.#sync();
      });
    }
    if (this.#store.victimCount > 0) {
      this.#victimTimer ??= this.#clock.setTimer(VICTIM_PERIOD_MS, () => {
        this.#retryVictims();
      });
    }
  }

  #sync(): void {
    this.#syncTimer = undefined;
    const before = this.#store.unsyncedCount;
    const startedMs = this.#clock.nowMs();
    const left = this.#store.syncRound();
    if (left === 0) return;
    if (left < before) {
      // More can be done at once; the store's other work gets as long as this round took.
      const tookMs = Math.max(0, this.#clock.nowMs() - startedMs);
      this.#syncTimer ??= this.#clock.setTimer(tookMs, () => {
        this.#sync();
      });
    } else this.#arm();
  }

  #retryVictims(): void {
    this.#victimTimer = undefined;
    while (this.#store.retryVictims() > 0) {
      // Room was found for some: there may be room for more.
    }
    this.#arm();
  }

  #untilNextTickMs(): number {
    return SYNC_PERIOD_MS - (this.#clock.nowMs() % SYNC_PERIOD_MS);
  }
}
