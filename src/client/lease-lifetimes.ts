/** More than this many are not remembered, the oldest are forgotten first: to know the time is a help, no need. */
const MOST_REMEMBERED = 10_000;

/**
 * Until when leases live at the least, as far as this client knows, by its own clock: those that it was granted, or has kept alive and then
 * let go. From here a keep-alive that meets no server knows when to give up.
 */
export class LeaseLifetimes {
  readonly #untilMs = new Map<bigint, number>();

  remember(id: bigint, aliveUntilMs: number): void {
    this.#untilMs.delete(id); // so that it becomes the newest
    this.#untilMs.set(id, aliveUntilMs);
    if (this.#untilMs.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#untilMs.keys();
    if (oldest !== undefined) this.#untilMs.delete(oldest);
  }

  forget(id: bigint): void {
    this.#untilMs.delete(id);
  }

  /** Infinity if nothing is known, and also if the time is over: another client may have kept the lease alive, only the server can tell. */
  aliveUntilMs(id: bigint, nowMs: number): number {
    const untilMs = this.#untilMs.get(id);
    return untilMs === undefined || untilMs <= nowMs ? Infinity : untilMs;
  }
}
