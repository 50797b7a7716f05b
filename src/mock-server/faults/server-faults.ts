import type { ConnectionListener } from "../network/connection-listener.ts";
import type { CallDelay, CallFailure, FaultInjector } from "./fault-injector.ts";

/** What a test can do to a running server. */
export class ServerFaults {
  readonly #listener: ConnectionListener;
  readonly #injector: FaultInjector;

  constructor(listener: ConnectionListener, injector: FaultInjector) {
    this.#listener = listener;
    this.#injector = injector;
  }

  /** Resets every connection now. Clients may come back at once. */
  dropConnections(): void {
    this.#listener.dropAll();
  }

  /** Resets every new connection; those that stand stay. */
  refuseConnections(): void {
    this.#listener.refuse();
  }

  acceptConnections(): void {
    this.#listener.accept();
  }

  /** Connections stand, and no byte passes in either direction: not even the answer to a ping. */
  pause(): void {
    this.#listener.pause();
  }

  /** What was held back passes now. */
  resume(): void {
    this.#listener.resume();
  }

  /** Fails the next call, or the next few, instead of answering. */
  failNext(failure?: CallFailure): void {
    this.#injector.failNext(failure);
  }

  /** Lets calls wait before they are looked at. Returns what ends that. */
  delay(delay: CallDelay): () => void {
    return this.#injector.delay(delay);
  }
}
