import { ProtocolError } from "../errors/etcd-error.ts";

/** Ids of watches that are none of ours, after which the server is not worth listening to. */
const MAX_UNKNOWN_IDS = 10_000;

/** Ids of one connection with a CancelRequest that the server has not answered. */
export class CancelledIds {
  readonly #ids = new Set<bigint>();
  #unknown = 0;

  has(watchId: bigint): boolean {
    return this.#ids.has(watchId);
  }

  /** Whether a request is to be sent: there is one for each id. */
  add(watchId: bigint): boolean {
    if (this.#ids.has(watchId)) return false;
    this.#ids.add(watchId);
    return true;
  }

  answered(watchId: bigint): void {
    this.#ids.delete(watchId);
  }

  /** @throws {ProtocolError} for one too many */
  countUnknown(): void {
    if (++this.#unknown > MAX_UNKNOWN_IDS)
      throw new ProtocolError(`The server told of more than ${String(MAX_UNKNOWN_IDS)} unknown watches`);
  }
}
