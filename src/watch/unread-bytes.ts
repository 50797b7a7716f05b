/**
 * What all watches of a client hold unread, together. As long as that is below the ceiling each may hold its own `maxBytes`; above it,
 * no more than an equal share of the ceiling. So ten thousand slow readers hold twice the ceiling at the most, and one answer each, while
 * a few of them, or those that keep up, never notice it.
 */
export class UnreadBytes {
  readonly #ceilingBytes: number;
  #bytes = 0;
  #watches = 0;

  constructor(ceilingBytes: number) {
    this.#ceilingBytes = ceilingBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Watches that have not ended. */
  get watches(): number {
    return this.#watches;
  }

  enter(): void {
    this.#watches++;
  }

  leave(): void {
    this.#watches--;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** What one watch may hold now, in bytes. */
  limit(maxBytes: number): number {
    return this.#bytes <= this.#ceilingBytes ? maxBytes : Math.min(maxBytes, Math.floor(this.#ceilingBytes / Math.max(1, this.#watches)));
  }
}
