import { ProtocolError } from "../errors/etcd-error.ts";
import type { Int64 } from "../model/int64.ts";

/** Ids of watches that are none of ours, after which the server is not worth listening to. */
const MAX_UNKNOWN_IDS = 10_000;

/** The watches of one connection that the server is told to forget: each once, until it has answered. */
export class CancelledIds {
  readonly #send: (watchId: Int64) => void;
  readonly #unanswered = new Set<Int64>();
  #unknown = 0;
  /** The call is over: there is nobody to tell. */
  #isClosed = false;

  /** @param send sends a CancelRequest */
  constructor(send: (watchId: Int64) => void) {
    this.#send = send;
  }

  has(watchId: Int64): boolean {
    return this.#unanswered.has(watchId);
  }

  cancel(watchId: Int64): void {
    if (this.#isClosed || this.#unanswered.has(watchId)) return;
    this.#unanswered.add(watchId);
    this.#send(watchId);
  }

  /**
   * An id that we do not know. Events of a watch that we have cancelled may be on their way; of any other id the server is told, once.
   * @throws {ProtocolError} for one too many
   */
  cancelUnknown(watchId: Int64): void {
    if (watchId === -1n || this.#unanswered.has(watchId)) return;
    if (++this.#unknown > MAX_UNKNOWN_IDS)
      throw new ProtocolError(`The server told of more than ${String(MAX_UNKNOWN_IDS)} unknown watches`);
    this.cancel(watchId);
  }

  answered(watchId: Int64): void {
    this.#unanswered.delete(watchId);
  }

  close(): void {
    this.#isClosed = true;
  }
}
