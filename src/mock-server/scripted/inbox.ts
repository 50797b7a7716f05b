import { deferred } from "../../util/deferred.ts";
import type { Deferred } from "../../util/deferred.ts";
import { Deque } from "../../util/deque.ts";
import { systemClock } from "../../util/clock.ts";

const PATIENCE_MS = 5_000;

/** What has come in and was not taken yet, in order. Whoever takes waits for it; for five seconds, so that a test fails rather than hangs. */
export class Inbox<T> {
  readonly #name: string;
  readonly #items = new Deque<T>();
  /** In the order they asked. Who has lost patience is not among them: an item must not go to nobody. */
  readonly #takers = new Set<Deferred<T>>();
  #closed: Error | undefined;

  /** `name` says what one item is, for the error. */
  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#items.size;
  }

  put(item: T): void {
    for (const taker of this.#takers) {
      this.#takers.delete(taker);
      taker.resolve(item);
      return;
    }
    this.#items.push(item);
  }

  /** @throws {Error} if there is none in time, or never will be */
  async take(timeoutMs = PATIENCE_MS): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    if (this.#closed !== undefined) throw this.#closed;
    const taker = deferred<T>();
    this.#takers.add(taker);
    const timer = systemClock.setTimer(timeoutMs, () => {
      taker.reject(new Error(`No ${this.#name} within ${timeoutMs} ms`));
    });
    try {
      return await taker.promise;
    } finally {
      timer.cancel();
      this.#takers.delete(taker);
    }
  }

  /** Nothing will come in any more: those who wait are told so. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const taker of this.#takers) taker.reject(reason);
  }
}
