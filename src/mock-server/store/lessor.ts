import { serverErrors } from "../../errors/server-errors.ts";
import { RefusedError } from "../refused-error.ts";
import { randomId } from "../seeded-random.ts";
import type { KeyText } from "./key-text.ts";
import type { LeaseBook } from "./lease-book.ts";

/** One and a half election timeouts in whole seconds: a shorter lease could not survive an election. */
const SHORTEST_TTL_SECONDS = 2n;
const LONGEST_TTL_SECONDS = 9_000_000_000n;
/** In a grant this id asks for one of the server's choosing. */
const CHOOSE_FOR_ME = 0n;
const POSITIVE = 2n ** 63n - 1n;

export interface Lease {
  readonly id: bigint;
  readonly ttlSeconds: bigint;
  readonly expiresAtMs: number;
  readonly keys: ReadonlySet<KeyText>;
}

interface StoredLease extends Lease {
  expiresAtMs: number;
  readonly keys: Set<KeyText>;
}

/** Which leases there are, until when, and which keys hang on them. Says what has expired; deletes nothing itself. */
export class Lessor implements LeaseBook {
  readonly #leases = new Map<bigint, StoredLease>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  get size(): number {
    return this.#leases.size;
  }

  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  get(id: bigint): Lease | undefined {
    return this.#leases.get(id);
  }

  attach(id: bigint, key: KeyText): void {
    this.#leases.get(id)?.keys.add(key);
  }

  detach(id: bigint, key: KeyText): void {
    this.#leases.get(id)?.keys.delete(key);
  }

  /** @throws {RefusedError} if the id is taken or the time too long */
  grant(wantedId: bigint, wantedTtlSeconds: bigint, nowMs: number): Lease {
    if (wantedTtlSeconds > LONGEST_TTL_SECONDS) throw new RefusedError(serverErrors.leaseTtlTooLarge);
    if (this.#leases.has(wantedId)) throw new RefusedError(serverErrors.leaseExists);
    const id = wantedId === CHOOSE_FOR_ME ? this.#freeId() : wantedId;
    const ttlSeconds = wantedTtlSeconds < SHORTEST_TTL_SECONDS ? SHORTEST_TTL_SECONDS : wantedTtlSeconds;
    const lease: StoredLease = { id, ttlSeconds, expiresAtMs: nowMs + secondsToMs(ttlSeconds), keys: new Set() };
    this.#leases.set(id, lease);
    return lease;
  }

  /** The lease with all its time again; undefined if it is gone, or as good as. */
  renew(id: bigint, nowMs: number): Lease | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.expiresAtMs <= nowMs) return undefined;
    lease.expiresAtMs = nowMs + secondsToMs(lease.ttlSeconds);
    return lease;
  }

  /** Gives every lease its time again, as a new leader does: nobody could renew while there was none. */
  renewAll(nowMs: number): void {
    for (const lease of this.#leases.values()) lease.expiresAtMs = nowMs + secondsToMs(lease.ttlSeconds);
  }

  /** Forgets a lease and returns its keys in order: they are to be deleted. @throws {RefusedError} if there is none */
  remove(id: bigint): KeyText[] {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new RefusedError(serverErrors.leaseNotFound);
    this.#leases.delete(id);
    return [...lease.keys].sort();
  }

  /** The one that expires first comes first. */
  list(): Lease[] {
    return [...this.#leases.values()].sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  }

  #freeId(): bigint {
    for (;;) {
      const id = randomId(this.#random) & POSITIVE;
      if (id !== CHOOSE_FOR_ME && !this.#leases.has(id)) return id;
    }
  }
}

function secondsToMs(seconds: bigint): number {
  return Number(seconds) * 1000;
}
