import { type EtcdError, LeaseExpiredError } from "../errors/etcd-error.ts";
import type { Clock, Timer } from "../util/clock.ts";
import type { KeepAliveInbox } from "./keep-alive-inbox.ts";
import type { LeaseKeepAliveResponse } from "./lease-responses.ts";

/** A lease is renewed when a third of its time is over, as clientv3 does: two tries may fail before it is lost. */
const RENEWALS_IN_A_LIFETIME = 3;
const MS_PER_SECOND = 1_000;
/** How long a renewal may take of a lease whose time is not known, and how long that of any may, in ms. */
const UNKNOWN_LATE_MS = 5_000;
const SOONEST_LATE_MS = 500;

export interface KeptLeaseOptions {
  readonly id: bigint;
  readonly clock: Clock;
  /** Until when it lives at the least, by that clock. Infinity if that is not known. */
  readonly aliveUntilMs: number;
  /** A renewal is to be sent. */
  readonly onDue: (lease: KeptLease) => void;
  /** Half of the time that was left when the renewal became due is over. Called again after half of the rest. */
  readonly onLate: (lease: KeptLease) => void;
  /** It has no readers any more. */
  readonly onUnread: (lease: KeptLease) => void;
}

/**
 * One lease that is kept alive, for any number of readers.
 *
 *                renewed()
 *   due ────────────────────────────────► resting
 *    ▲                                       │
 *    └────── a third of its time over ───────┘
 *
 *   either ── its time over, fail(), last reader gone ──► over: it holds no reader and no timer
 *
 * due: a renewal is to be sent, or on its way; it is late from `lateAtMs` on. resting: nothing is to be done until `nextAtMs`. What it lives is counted from when the
 * renewal that was answered had been sent, and the server counts from later: here it is over first.
 */
export class KeptLease {
  readonly id: bigint;
  readonly #options: KeptLeaseOptions;
  readonly #readers = new Set<KeepAliveInbox>();
  #state: { readonly at: "due"; readonly lateAtMs: number } | { readonly at: "resting"; readonly nextAtMs: number };
  #aliveUntilMs: number;
  #timer: Timer | undefined;

  constructor(options: KeptLeaseOptions) {
    this.id = options.id;
    this.#options = options;
    this.#aliveUntilMs = options.aliveUntilMs;
    this.#state = this.#due();
    this.#setTimer();
  }

  get isDue(): boolean {
    return this.#state.at === "due";
  }

  /** Infinity while it is not known. */
  get aliveUntilMs(): number {
    return this.#aliveUntilMs;
  }

  add(reader: KeepAliveInbox): void {
    this.#readers.add(reader);
  }

  remove(reader: KeepAliveInbox): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    this.#timer?.cancel();
    this.#options.onUnread(this);
  }

  /** @param sentAtMs when the renewal that this answers was sent */
  renewed(response: LeaseKeepAliveResponse, sentAtMs: number): void {
    const lifetimeMs = Number(response.ttlSeconds) * MS_PER_SECOND;
    this.#aliveUntilMs = sentAtMs + lifetimeMs;
    this.#state = { at: "resting", nextAtMs: sentAtMs + lifetimeMs / RENEWALS_IN_A_LIFETIME };
    this.#setTimer();
    for (const reader of this.#readers) reader.push(response);
  }

  /** It is gone, or as good as. */
  expire(): void {
    this.#aliveUntilMs = -Infinity;
    this.fail(new LeaseExpiredError({ leaseId: this.id }));
  }

  /** No more renewals will come. Its readers see why. */
  fail(error: EtcdError): void {
    for (const reader of [...this.#readers]) reader.fail(error);
  }

  /** No more renewals will come, and nobody is to worry about it. */
  end(): void {
    for (const reader of [...this.#readers]) reader.leave();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    const wakeAtMs = this.#state.at === "resting" ? this.#state.nextAtMs : Math.min(this.#aliveUntilMs, this.#state.lateAtMs);
    const { clock } = this.#options;
    this.#timer = clock.setTimer(wakeAtMs - clock.nowMs(), () => {
      this.#wake();
    });
  }

  /** Perhaps too early, as timers are capped, and perhaps late, as the process may have been busy. */
  #wake(): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs >= this.#aliveUntilMs) {
      this.expire();
      return;
    }
    const isDueNow = this.#state.at === "resting" && nowMs >= this.#state.nextAtMs;
    const isLate = this.#state.at === "due" && nowMs >= this.#state.lateAtMs;
    if (isDueNow || isLate) this.#state = this.#due();
    this.#setTimer();
    if (isDueNow) this.#options.onDue(this);
    if (isLate) this.#options.onLate(this);
  }

  #due(): { readonly at: "due"; readonly lateAtMs: number } {
    const nowMs = this.#options.clock.nowMs();
    const halfMs = this.#aliveUntilMs === Infinity ? UNKNOWN_LATE_MS : (this.#aliveUntilMs - nowMs) / 2;
    return { at: "due", lateAtMs: nowMs + Math.max(SOONEST_LATE_MS, halfMs) };
  }
}
