import { IntervalTree } from "./interval-tree.ts";
import type { KeyText } from "./key-text.ts";
import type { StoreWatcher } from "./store-watcher.ts";

type Watchers = Set<StoreWatcher>;

/** Watchers, found by a key: those of that one key from a map, those of an interval from a tree. */
export class WatcherGroup {
  readonly #all: Watchers = new Set();
  readonly #byKey = new Map<KeyText, Watchers>();
  readonly #byInterval = new IntervalTree<Watchers>();

  get size(): number {
    return this.#all.size;
  }

  /** In the order they were added. */
  [Symbol.iterator](): IterableIterator<StoreWatcher> {
    return this.#all.values();
  }

  has(watcher: StoreWatcher): boolean {
    return this.#all.has(watcher);
  }

  add(watcher: StoreWatcher): void {
    this.#all.add(watcher);
    const { span } = watcher;
    const same = span.kind === "key" ? this.#byKey.get(span.key) : this.#byInterval.get(span);
    if (same !== undefined) same.add(watcher);
    else if (span.kind === "key") this.#byKey.set(span.key, new Set([watcher]));
    else this.#byInterval.set(span, new Set([watcher]));
  }

  /** Whether it was there. */
  delete(watcher: StoreWatcher): boolean {
    if (!this.#all.delete(watcher)) return false;
    const { span } = watcher;
    const same = span.kind === "key" ? this.#byKey.get(span.key) : this.#byInterval.get(span);
    same?.delete(watcher);
    if (same?.size === 0) {
      if (span.kind === "key") this.#byKey.delete(span.key);
      else this.#byInterval.delete(span);
    }
    return true;
  }

  /** Calls `visit` with each watcher that the key concerns. */
  forKey(key: KeyText, visit: (watcher: StoreWatcher) => void): void {
    this.#byKey.get(key)?.forEach(visit);
    this.#byInterval.stab(key, (watchers) => {
      watchers.forEach(visit);
      return true;
    });
  }
}
