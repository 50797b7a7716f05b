import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";

/** Node publishes every client socket here when it is made, before it connects. */
const SOCKET_CHANNEL = "net.client.socket";

/**
 * Knows the sockets that an attempt to connect has led to. grpc-js neither limits how long an attempt may take nor closes the socket of
 * one that was given up: it stays open, and keeps the process alive, until the other side or the operating system ends it, which takes
 * minutes where packets are dropped. Node tells of each new socket, and its asynchronous context tells whose it is.
 */
export class ConnectAttempt {
  readonly #context = new AsyncLocalStorage<ConnectAttempt>();
  readonly #sockets = new Set<Socket>();
  readonly #onSocket = (message: unknown): void => {
    if (this.#context.getStore() !== this || typeof message !== "object" || message === null || !("socket" in message)) return;
    const { socket } = message;
    if (!(socket instanceof Socket)) return;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  };

  constructor() {
    subscribe(SOCKET_CHANNEL, this.#onSocket);
  }

  /** Sockets that `act` makes, now or later, count as this attempt's. */
  run<Result>(act: () => Result): Result {
    return this.#context.run(this, act);
  }

  /** The attempt has come to its end, one way or the other: following it has a cost for every promise of the process. */
  end(): void {
    unsubscribe(SOCKET_CHANNEL, this.#onSocket);
    this.#context.disable();
  }

  destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
