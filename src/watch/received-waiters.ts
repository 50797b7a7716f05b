import type { Int64 } from "../model/int64.ts";
import type { Revision } from "../model/revision.ts";

interface Waiter {
  readonly revision: Revision;
  readonly settle: (error?: Error) => void;
}

/** Who waits until all up to a revision has been received. */
export class ReceivedWaiters {
  readonly #waiters = new Set<Waiter>();

  /** @returns what takes it back */
  add(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /** All before `next64` has been received. Nobody waits any more if it returns true. */
  received(next64: Int64): boolean {
    for (const waiter of this.#waiters) {
      if (next64 <= waiter.revision) continue;
      this.#waiters.delete(waiter);
      waiter.settle();
    }
    return this.#waiters.size === 0;
  }

  end(error: Error): void {
    for (const waiter of this.#waiters) waiter.settle(error);
    this.#waiters.clear();
  }
}
