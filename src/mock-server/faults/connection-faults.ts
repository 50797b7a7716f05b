import type { Clock } from "../../util/clock.ts";
import type { ConnectionListener } from "../network/connection-listener.ts";
import type { CallDelay, CallFailure, FaultInjector } from "./fault-injector.ts";

export interface ConnectionFaultsOptions {
  readonly listener: ConnectionListener;
  readonly injector: FaultInjector;
  readonly clock: Clock;
  /** Sends GOAWAY on every connection. */
  readonly goAway: () => void;
}

/** What a test can do to the connections and calls of a running server. */
export class ConnectionFaults {
  readonly #options: ConnectionFaultsOptions;

  /** @internal */
  constructor(options: ConnectionFaultsOptions) {
    this.#options = options;
  }

  /** Resets every connection now. Clients may come back at once. */
  dropConnections(): void {
    this.#options.listener.dropAll();
  }

  /** Resets every new connection; those that stand stay. */
  refuseConnections(): void {
    this.#options.listener.refuse();
  }

  /** Takes new connections again, after `refuseConnections()`. */
  acceptConnections(): void {
    this.#options.listener.accept();
  }

  /** Connections stand, and no byte passes in either direction: not even the answer to a ping. */
  pause(): void {
    this.#options.listener.pause();
  }

  /** What was held back passes now. */
  resume(): void {
    this.#options.listener.resume();
  }

  /**
   * Tells every client to go elsewhere (GOAWAY), as a server does that is about to stop. Streams that are open go on until the time is
   * over; then the connections that were there are closed. New ones are taken.
   */
  goAway({ graceMs }: { graceMs: number }): void {
    const { listener, clock, goAway } = this.#options;
    const connections = listener.connections();
    let left = connections.length;
    goAway();
    if (left === 0) return;
    const timer = clock.setTimer(graceMs, () => {
      for (const connection of connections) connection.destroy(); // not reset: a server that stops closes them
    });
    for (const connection of connections) {
      connection.once("close", () => {
        if (--left === 0) timer.cancel();
      });
    }
  }

  /** Fails the next call, or the next few, instead of answering. */
  failNext(failure?: CallFailure): void {
    this.#options.injector.failNext(failure);
  }

  /** Lets calls wait before they are looked at. Returns what ends that. */
  delay(delay: CallDelay): () => void {
    return this.#options.injector.delay(delay);
  }
}
