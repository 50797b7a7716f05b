import { abortable } from "../util/abort.ts";
import type { ConnectionGate } from "./connection-gate.ts";
import { hasOrderedProgress } from "./server-queries.ts";
import type { WatchConnection } from "./watch-connection.ts";
import type { WatcherHost } from "./watcher-host.ts";

/** Asks the server of a stream for progress notices, and first, once a connection, for its version: not every notice can be relied on. */
export class StreamProgress {
  readonly #host: WatcherHost;
  readonly #gate: ConnectionGate;

  constructor(host: WatcherHost, gate: ConnectionGate) {
    this.#host = host;
    this.#gate = gate;
  }

  /**
   * Sends clientv3's raw progress request, on the next connection if there is none now.
   * @param asker what the library asks for itself is not sent to a server whose notices are of no use
   */
  async request(asker: "user" | "library", signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const connection = await this.#gate.wait(signal);
      const isOrdered = await this.#learnOrder(connection, signal);
      if (this.#gate.connection !== connection) continue; // it has gone while its server was asked
      if (isOrdered || asker === "user") connection.requestProgress(asker);
      return;
    }
  }

  /** Whether the server that serves now sends requested notices after the events they speak of. */
  async isOrdered(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#learnOrder(await this.#gate.wait(signal), signal);
  }

  /** Asks once a connection. A server that does not tell its version counts as one that cannot be relied on. */
  #learnOrder(connection: WatchConnection, signal: AbortSignal | undefined): Promise<boolean> {
    connection.progressOrder ??= this.#askOrder(connection);
    return abortable(connection.progressOrder, signal);
  }

  async #askOrder(connection: WatchConnection): Promise<boolean> {
    try {
      connection.progressIsOrdered = await hasOrderedProgress(this.#host, connection.endpoint);
    } catch (error) {
      this.#host.logger.debug("The server's version is unknown, so requested progress is not relied on", { error });
    }
    return connection.progressIsOrdered;
  }
}
