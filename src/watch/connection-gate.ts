import { abortable } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import type { WatchConnection } from "./watch-connection.ts";

/** Where those wait who need the connection that serves now, or the next one if there is none. */
export class ConnectionGate {
  readonly #waiting = new Set<Deferred<WatchConnection>>();
  #connection: WatchConnection | undefined;
  #closed: Error | undefined;

  get connection(): WatchConnection | undefined {
    return this.#connection;
  }

  opened(connection: WatchConnection): void {
    this.#connection = connection;
    for (const waiting of this.#waiting) waiting.resolve(connection);
    this.#waiting.clear();
  }

  lost(): void {
    this.#connection = undefined;
  }

  /** No connection will come any more. */
  close(reason: Error): void {
    this.#connection = undefined;
    this.#closed = reason;
    for (const waiting of this.#waiting) waiting.reject(reason);
    this.#waiting.clear();
  }

  /** @throws the signal's reason, or the reason of `close()` */
  async wait(signal: AbortSignal | undefined): Promise<WatchConnection> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#connection !== undefined) return this.#connection;
    const waiting = deferred<WatchConnection>();
    this.#waiting.add(waiting);
    try {
      return await abortable(waiting.promise, signal);
    } finally {
      this.#waiting.delete(waiting);
    }
  }
}
