import type { EtcdClient } from "../client/etcd-client.ts";
import type { KeepAlive } from "../client/lease-keep-alive.ts";
import { ClosedError, LeaseExpiredError } from "../errors/etcd-error.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { defaultMarginMs } from "./coordination-options.ts";

/** As much of a client as a session needs. */
export type SessionClient = Pick<EtcdClient, "lease" | typeof watcherHost>;

/** How long giving up a lease may take, in ms. If it fails, the lease runs out in its time. */
const REVOKE_TIMEOUT_MS = 3_000;

/**
 * A lease that is kept alive, and the time in which what hangs on it may be relied on.
 *
 *             its margin begins, etcd says it is gone,
 *             no renewal is possible, end()
 *   alive ───────────────────────────────────────────────► over
 *
 * alive: etcd has the lease for `marginMs` more at the least, by the local clock. over: `signal` is aborted with the reason.
 *
 * Timers run late in a process that was busy, or stopped and woken. So whoever is about to act asks `isAlive`, which looks at the clock.
 */
export class Session {
  readonly leaseId: bigint;
  readonly #client: SessionClient;
  readonly #clock: Clock;
  readonly #renewals: KeepAlive;
  readonly #marginMs: number;
  readonly #over = new AbortController();
  #timer: Timer | undefined;
  #ended: Promise<void> | undefined;

  /** @throws what a grant throws, and the signal's reason */
  static async open(
    client: SessionClient,
    { ttlSeconds, marginMs, signal }: { readonly ttlSeconds: number; readonly marginMs: number | undefined; readonly signal: AbortSignal },
  ): Promise<Session> {
    const granted = await client.lease.grant(ttlSeconds, { signal });
    return new Session(client, granted.id, marginMs ?? defaultMarginMs(Number(granted.ttlSeconds)));
  }

  private constructor(client: SessionClient, leaseId: bigint, marginMs: number) {
    this.#client = client;
    this.#clock = client[watcherHost].clock;
    this.leaseId = leaseId;
    this.#marginMs = marginMs;
    this.#renewals = client.lease.keepAlive(leaseId);
    this.#look();
    void this.#readRenewals();
  }

  /** Aborted when the session is over, before etcd can give what hangs on it to another. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Looks at the clock: also if the timer is late. */
  get isAlive(): boolean {
    this.#look();
    return !this.#over.signal.aborted;
  }

  /** Gives the lease up, so that nobody need wait until it has run out. Never rejects. Idempotent. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#close(new ClosedError("The session"));
    await this.#renewals.return();
    try {
      await this.#client.lease.revoke(this.leaseId, { timeoutMs: REVOKE_TIMEOUT_MS });
    } catch (error) {
      this.#client[watcherHost].logger.debug("A lease could not be given up; it is gone already, or runs out", { error });
    }
  }

  /** Renewals move the end away; so the timer looks when it would have been, and sets itself again. */
  #look(): void {
    if (this.#over.signal.aborted) return;
    const { aliveUntilMs } = this.#renewals;
    const leftMs = aliveUntilMs - this.#marginMs - this.#clock.nowMs();
    // Infinity: the grant took longer to be answered than the lease lives.
    if (leftMs <= 0 || aliveUntilMs === Infinity) {
      this.#close(new LeaseExpiredError({ leaseId: this.leaseId }));
      return;
    }
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(leftMs, () => {
      this.#look();
    });
  }

  async #readRenewals(): Promise<void> {
    try {
      while ((await this.#renewals.next()).done !== true) this.#look();
      this.#close(new ClosedError("The client"));
    } catch (error) {
      this.#close(error as Error);
    }
  }

  #close(reason: Error): void {
    this.#timer?.cancel();
    this.#over.abort(reason);
  }
}
