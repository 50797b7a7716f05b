import type { Clock } from "../util/clock.ts";

/** When what failed is tried again. The defaults are client-go's. */
export interface RetryOptions {
  /** The delay after the first failure of a key, in ms; it doubles with each more. Default 5. */
  readonly baseMs?: number | undefined;
  /** The longest delay of a key, in ms. Default 1,000,000, a quarter of an hour and a bit. */
  readonly maxMs?: number | undefined;
  /** Retries of all keys together in a second, once `burst` of them are used up. Default 10. */
  readonly perSecond?: number | undefined;
  /** How many retries of all keys may come at once. Default 100. */
  readonly burst?: number | undefined;
}

/**
 * How long each key waits for its next try: the longer of its own exponential delay and its turn in a token bucket that all keys share,
 * so that ten thousand keys which fail together do not come back together. (client-go: util/workqueue/default_rate_limiters.go.)
 */
export class RetrySchedule {
  readonly #clock: Clock;
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #msPerToken: number;
  readonly #burst: number;
  readonly #failures = new Map<string, number>();
  /** When the bucket is full again. Earlier than now: it is. */
  #fullAtMs: number;

  constructor({ baseMs = 5, maxMs = 1_000_000, perSecond = 10, burst = 100 }: RetryOptions, clock: Clock) {
    this.#clock = clock;
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#msPerToken = 1_000 / perSecond;
    this.#burst = burst;
    this.#fullAtMs = clock.nowMs();
  }

  /** Failures of a key in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Keys that have failed and not succeeded since. */
  get size(): number {
    return this.#failures.size;
  }

  /** The key has failed: in how many ms to try again. */
  failed(key: string): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    return Math.max(Math.min(this.#baseMs * 2 ** failures, this.#maxMs), this.#takeToken());
  }

  /** The key has succeeded, or is gone: its next failure is the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Takes a token, one from the future if there is none, and tells when it comes. */
  #takeToken(): number {
    const nowMs = this.#clock.nowMs();
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#msPerToken;
    return Math.max(0, this.#fullAtMs - nowMs - this.#burst * this.#msPerToken);
  }
}
