import type { Clock, Timer } from "../../util/clock.ts";
import type { KeyText } from "./key-text.ts";
import type { Lessor } from "./lessor.ts";
import type { MvccStore } from "./mvcc-store.ts";

/** etcd looks for expired leases this often. */
const POLL_MS = 500;
/** Leases that one poll ends. */
const MOST_PER_POLL = 500;

/** Ends leases, on request or because their time is over. Looks for those while there is any, on a grid of 500 ms as etcd does. */
export class LeaseExpiry {
  readonly #lessor: Lessor;
  readonly #mvcc: MvccStore;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(lessor: Lessor, mvcc: MvccStore, clock: Clock) {
    this.#lessor = lessor;
    this.#mvcc = mvcc;
    this.#clock = clock;
  }

  /** To be called when there is a new lease, and when a server starts that has some. */
  watch(): void {
    if (this.#lessor.size === 0) return;
    this.#timer ??= this.#clock.setTimer(POLL_MS - (this.#clock.nowMs() % POLL_MS), () => {
      this.#poll();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Forgets the lease and deletes its keys, in order and in one revision. @throws {RefusedError} if there is none */
  revoke(id: bigint): void {
    this.#delete(this.#lessor.remove(id));
  }

  #poll(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    const expired = this.#lessor.list().filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
    for (const { id } of expired.slice(0, MOST_PER_POLL)) this.revoke(id);
    this.watch();
  }

  #delete(keys: readonly KeyText[]): void {
    this.#mvcc.write((txn) => {
      for (const key of keys) txn.delete({ kind: "key", key });
    });
  }
}
