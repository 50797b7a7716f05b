import { onAbort } from "../util/abort.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { ChangeBuffer } from "./change-buffer.ts";
import { cachedId } from "./key-id.ts";
import type { InformerChange } from "./informer-change.ts";

/** How one loop over an informer's changes is fed. */
export interface ChangesOptions {
  /** Aborting it ends this loop, and nothing else. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many changes may wait before those of one key are told as one. Default 10,000. A reader who never comes holds at most one for
   * each key.
   */
  readonly maxBuffered?: number | undefined;
  /** Tell of every key again this often, in ms, as `update` with `isResync`; no read of the server. At least 1,000. Default: never. */
  readonly resyncIntervalMs?: number | undefined;
}

/** How an informer ended: with an error, or because somebody wanted it. */
export type InformerEnd = { readonly kind: "quiet" } | { readonly kind: "error"; readonly error: Error };

/** One loop over an informer's changes, with a buffer of its own. */
export class ChangeReader<Value> implements AsyncIterableIterator<InformerChange<Value>> {
  readonly #buffer: ChangeBuffer<Value>;
  readonly #onLeave: (reader: ChangeReader<Value>) => void;
  readonly #unlink: () => void;
  #resync: Timer | undefined;
  #waiting: Deferred<IteratorResult<InformerChange<Value>, undefined>>[] = [];
  #end: InformerEnd | undefined;

  constructor(options: {
    readonly maxBuffered: number;
    readonly signal: AbortSignal | undefined;
    readonly onLeave: (reader: ChangeReader<Value>) => void;
  }) {
    this.#buffer = new ChangeBuffer({ limit: options.maxBuffered });
    this.#onLeave = options.onLeave;
    this.#unlink = onAbort(options.signal, () => {
      this.#leave();
    });
    if (options.signal?.aborted === true) this.#end = { kind: "quiet" };
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  push(change: InformerChange<Value>): void {
    if (this.#end !== undefined) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#buffer.push(change);
    else waiting.resolve({ done: false, value: change });
  }

  /** Tells of every key now and then, but of none that has a change waiting. */
  startResync(clock: Clock, intervalMs: number, everything: () => Iterable<InformerChange<Value>>): void {
    if (this.#end !== undefined) return;
    this.#resync = clock.setTimer(intervalMs, () => {
      const queued = this.#buffer.ids();
      for (const change of everything()) if (!queued.has(cachedId(change.kv))) this.push(change);
      this.startResync(clock, intervalMs, everything);
    });
  }

  /** The informer has ended: what waits can still be read. */
  end(end: InformerEnd): void {
    if (this.#end !== undefined) return;
    this.#stop(end);
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    if (end.kind === "error") first?.reject(end.error);
    else first?.resolve(DONE);
    for (const waiting of others) waiting.resolve(DONE);
    if (first !== undefined) this.#end = { kind: "quiet" }; // an error is thrown once
  }

  next(): Promise<IteratorResult<InformerChange<Value>, undefined>> {
    const change = this.#buffer.shift();
    if (change !== undefined) return Promise.resolve({ done: false, value: change });
    const end = this.#end;
    if (end === undefined) {
      const waiting = deferred<IteratorResult<InformerChange<Value>, undefined>>();
      this.#waiting.push(waiting);
      return waiting.promise;
    }
    this.#end = { kind: "quiet" };
    return end.kind === "error" ? Promise.reject(end.error) : Promise.resolve(DONE);
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #leave(): void {
    this.#buffer.clear();
    this.end({ kind: "quiet" });
    this.#end = { kind: "quiet" };
  }

  #stop(end: InformerEnd): void {
    this.#end = end;
    this.#resync?.cancel();
    this.#unlink();
    this.#onLeave(this);
  }
}

const DONE = { done: true, value: undefined } as const;
