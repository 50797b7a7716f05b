import { ClosedError } from "../errors/etcd-error.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import type { ProgressRequestOptions } from "./progress-request.ts";
import type { BufferedResponse } from "./event-buffer.ts";
import type { WatchCreated } from "./watch-created.ts";
import { WatchReader } from "./watch-reader.ts";
import type { WatcherStream } from "./watcher-stream.ts";
import type { WatchResponse } from "./watch-response.ts";
import { WatchStatus } from "./watch-status.ts";

/**
 * A watch, as `client.watch()` returns it: read it with `for await`, once. Leaving the loop by `break`, `return` or a throw cancels the
 * watch; so do `cancel()`, the signal, and leaving the scope of an `await using`.
 *
 * The loop throws when the watch ends for a reason of the server's, after what was received has been read; it ends quietly when the user
 * ended it. A lost connection does neither: the watch is resumed.
 */
export class WatchChannel<Value = unknown> implements AsyncIterable<WatchResponse<Value>>, AsyncDisposable {
  readonly #watch: WatcherStream;
  readonly #decode: ((kv: KeyValue) => Value) | undefined;
  readonly #requestProgress: (options: ProgressRequestOptions) => Promise<Revision>;
  #reader: WatchReader | undefined;

  /** @internal */
  constructor(options: {
    watch: WatcherStream;
    decode: ((kv: KeyValue) => Value) | undefined;
    requestProgress: (options: ProgressRequestOptions) => Promise<Revision>;
  }) {
    this.#watch = options.watch;
    this.#decode = options.decode;
    this.#requestProgress = options.requestProgress;
  }

  /**
   * Fulfils when the server has registered the watch, with the store's revision then: a from-now watch begins at the next one.
   * Rejects with the reason if the server refused it, with `ClosedError` after `close()`, `cancel()` or `break`, with the signal's
   * reason after an abort. Need not be looked at.
   */
  get created(): Promise<WatchCreated> {
    return this.#watch.created;
  }

  /**
   * Give it to a new watch as `startRevision`, in another process too, and nothing is lost or seen twice. It counts what the reader has
   * taken, so store it after handling that. 0 until a from-now watch has been created.
   */
  get resumeRevision(): Revision {
    return this.#watch.resumeRevision;
  }

  /** How the watch is doing now. A snapshot. */
  get status(): WatchStatus {
    return new WatchStatus(this.#watch);
  }

  /**
   * What `for await` calls. One reader only: a watch hands over each response once.
   * @throws {TypeError} if the watch has a reader already
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<WatchResponse<Value>> {
    const reader = this.#startReading();
    return iterator(reader, () => {
      const buffered = this.#take();
      if (buffered !== undefined) this.#watch.taken(buffered.nextRevision, { whole: true });
      return buffered?.response;
    });
  }

  /**
   * The same, one event at a time. Responses without events are left out.
   * @throws {TypeError} if the watch has a reader already
   */
  events(): AsyncIterableIterator<WatchEvent<Value>> {
    const reader = this.#startReading();
    let inHand: { readonly events: readonly WatchEvent<Value>[]; readonly nextRevision: Revision } | undefined;
    let index = 0;
    return iterator(reader, () => {
      if (this.#watch.isLeft) return undefined;
      while (inHand === undefined || index === inHand.events.length) {
        if (inHand !== undefined) this.#watch.taken(inHand.nextRevision, { whole: true }); // a notice: it has no event that would say so
        const buffered = this.#take();
        inHand = buffered && { events: buffered.response.events, nextRevision: buffered.nextRevision };
        index = 0;
        if (inHand === undefined) return undefined;
      }
      const event = inHand.events[index++];
      const next = inHand.events[index];
      if (next === undefined) this.#watch.taken(inHand.nextRevision, { whole: true });
      else if (event !== undefined && event.kv.modRevision !== next.kv.modRevision)
        this.#watch.taken(event.kv.modRevision + 1n, { whole: false });
      return event;
    });
  }

  /** Ends the watch. Nothing is delivered afterwards. Idempotent. */
  cancel(): void {
    this.#watch.cancel();
  }

  /**
   * Resolves once everything up to the store's revision at the time of the call has been received (read, or ahead in the buffer), with
   * that revision. Asks the server again and again: it stays silent while any watch of the stream is behind.
   *
   * @throws {UnsupportedError} on a server whose notices cannot be relied on (before 3.4.25 and 3.5.8), unless an event or a periodic
   * notice proves it; {RpcError} DEADLINE_EXCEEDED after `timeoutMs` (10,000); the signal's reason; why the watch ended
   */
  requestProgress(options: ProgressRequestOptions = {}): Promise<Revision> {
    return this.#requestProgress(options);
  }

  /** The same as `cancel()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  #startReading(): WatchReader {
    if (this.#reader !== undefined) throw new TypeError("A watch has one reader: it is being iterated already");
    this.#reader = new WatchReader(this.#watch);
    return this.#reader;
  }

  #take(): (BufferedResponse & { readonly response: WatchResponse<Value> }) | undefined {
    const buffered = this.#watch.take() as (BufferedResponse & { readonly response: WatchResponse<Value> }) | undefined;
    if (buffered !== undefined && this.#decode !== undefined)
      for (const event of buffered.response.events) decodeEvent(event, this.#decode);
    return buffered;
  }
}

function decodeEvent<Value>(event: WatchEvent<Value>, decode: (kv: KeyValue) => Value): void {
  if (event.type !== "put") return;
  try {
    event.value = decode(event.kv);
  } catch (error) {
    event.decodeError = error;
  }
}

function iterator<Item>(reader: WatchReader, take: () => Item | undefined): AsyncIterableIterator<Item> {
  return {
    next: () => reader.next(take),
    return: () => {
      reader.leave(new ClosedError("The watch"));
      return Promise.resolve({ done: true, value: undefined });
    },
    throw: (error: Error) => {
      reader.leave(error);
      return Promise.reject(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
