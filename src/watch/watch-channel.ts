import type { Revision } from "../model/revision.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { type ProgressRequestOptions, requestProgress } from "./progress-request.ts";
import type { WatchCreated } from "./watch-created.ts";
import { type Decode, EventReader, ResponseReader } from "./watch-reader.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream, WatchListener } from "./watcher-stream.ts";
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
  readonly #host: WatcherHost;
  readonly #decode: Decode<Value>;
  #isRead = false;

  /** @internal */
  constructor(watch: WatcherStream, host: WatcherHost, decode: Decode<Value>) {
    this.#watch = watch;
    this.#host = host;
    this.#decode = decode;
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
    return this.#startReading(ResponseReader<Value>);
  }

  /**
   * The same, one event at a time. Responses without events are left out.
   * @throws {TypeError} if the watch has a reader already
   */
  events(): AsyncIterableIterator<WatchEvent<Value>> {
    return this.#startReading(EventReader<Value>);
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
    return requestProgress(this.#host, this.#watch, options);
  }

  /** The same as `cancel()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  #startReading<Reader extends WatchListener>(Reader: new (watch: WatcherStream, decode: Decode<Value>) => Reader): Reader {
    if (this.#isRead) throw new TypeError("A watch has one reader: it is being iterated already");
    this.#isRead = true;
    return new Reader(this.#watch, this.#decode);
  }
}
