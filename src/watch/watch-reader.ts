import { Deque } from "../util/deque.ts";
import type { WatcherStream } from "./watcher-stream.ts";

interface Pending {
  readonly settle: () => boolean;
}

/** Hands what a watch has received to its one reader, who may ask ahead: each `next()` is answered in its turn. */
export class WatchReader {
  readonly #watch: WatcherStream;
  readonly #pending = new Deque<Pending>();
  /** The reason of a watch that ended is thrown once; after that the loop is over. */
  #told = false;

  constructor(watch: WatcherStream) {
    this.#watch = watch;
    watch.onReadable = () => {
      this.#wake();
    };
  }

  /** @param take the next item, or undefined if there is none yet */
  next<Item>(take: () => Item | undefined): Promise<IteratorResult<Item>> {
    if (this.#pending.size === 0) {
      const item = take();
      if (item !== undefined) return Promise.resolve({ done: false, value: item });
      if (this.#watch.outcome !== undefined) return this.#end();
    }
    return new Promise((resolve) => {
      const settle = (): boolean => {
        const item = take();
        if (item !== undefined) resolve({ done: false, value: item });
        else if (this.#watch.outcome !== undefined) resolve(this.#end());
        else return false;
        return true;
      };
      this.#pending.push({ settle });
    });
  }

  leave(reason: Error): void {
    this.#told = true;
    this.#watch.cancel(reason);
    this.#wake();
  }

  #wake(): void {
    for (let pending = this.#pending.peek(); pending?.settle() === true; pending = this.#pending.peek()) this.#pending.shift();
  }

  #end(): Promise<IteratorReturnResult<undefined>> {
    const { outcome } = this.#watch;
    if (this.#told || outcome?.kind !== "error") return Promise.resolve({ done: true, value: undefined });
    this.#told = true;
    return Promise.reject(outcome.error);
  }
}
