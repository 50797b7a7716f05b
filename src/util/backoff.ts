export interface BackoffOptions {
  /** The most that the first delayed try can wait, in ms. Default 20. */
  readonly baseMs?: number;
  /** The most that any try can wait, in ms. Default 3,000. */
  readonly maxMs?: number;
  /** A number from 0 up to 1, as Math.random. */
  readonly random?: () => number;
}

/**
 * How long to wait before the next try: nothing before the first, then a random part of a bound that doubles (full jitter), so that
 * a thousand clients of one restarted server do not come back together.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ baseMs = 20, maxMs = 3_000, random = Math.random }: BackoffOptions = {}) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Tries since the last reset. */
  get attempt(): number {
    return this.#attempt;
  }

  nextMs(): number {
    const attempt = this.#attempt++;
    if (attempt === 0) return 0;
    return this.#random() * Math.min(this.#maxMs, this.#baseMs * 2 ** (attempt - 1));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
