import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";

/** Node publishes every client socket here when it is made, before it connects. */
const SOCKET_CHANNEL = "net.client.socket";

/** How long grpc-js waits before it tries a broken-off attempt once more, also when its channel has been closed. */
export const GRPC_RECONNECT_BACKOFF_MS = 100;
/** Its jitter is a fifth; the rest is for a busy process. */
const LATE_SOCKETS_MS = 5 * GRPC_RECONNECT_BACKOFF_MS;

/**
 * Knows the sockets that an attempt to connect has led to. grpc-js neither limits how long an attempt may take nor closes the socket of
 * one that was given up: it stays open, and keeps the process alive, until the other side or the operating system ends it, which takes
 * minutes where packets are dropped. After a failure it even connects once more on its own. Node tells of each new socket, and its
 * asynchronous context tells whose it is.
 */
export class ConnectAttempt {
  /** One for all attempts: each has a symbol of its own, which stays in the engine's tables for as long as the process lives. */
  static readonly #context = new AsyncLocalStorage<ConnectAttempt>();
  /** Attempts that are followed now. */
  static #followed = 0;
  #isFollowed = true;
  readonly #sockets = new Set<Socket>();
  #isAbandoned = false;
  readonly #onSocket = (message: unknown): void => {
    if (ConnectAttempt.#context.getStore() !== this || typeof message !== "object" || message === null || !("socket" in message)) return;
    const { socket } = message;
    if (!(socket instanceof Socket)) return;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // Published before it connects, which would revive a socket that was destroyed at once.
    if (this.#isAbandoned) process.nextTick(() => socket.destroy());
  };

  constructor() {
    ConnectAttempt.#followed++;
    subscribe(SOCKET_CHANNEL, this.#onSocket);
  }

  /** Sockets that `act` makes, now or later, count as this attempt's. */
  run<Result>(act: () => Result): Result {
    return ConnectAttempt.#context.run(this, act);
  }

  /** No more will come of it. To follow any would cost every promise of the process. */
  end(): void {
    if (!this.#isFollowed) return;
    this.#isFollowed = false;
    unsubscribe(SOCKET_CHANNEL, this.#onSocket);
    if (--ConnectAttempt.#followed === 0) ConnectAttempt.#context.disable();
  }

  /** Nobody wants the connection any more: its sockets are closed, and those that still come of it. */
  abandon(): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    for (const socket of this.#sockets) socket.destroy();
    setTimeout(() => {
      this.end();
    }, LATE_SOCKETS_MS).unref();
  }
}
