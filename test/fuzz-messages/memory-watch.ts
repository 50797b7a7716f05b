import { holding } from "../chaos/heap-gauge.ts";

/** By then everything is compiled, and every cache is full. */
const WARM_UP_MS = 10_000;
/** What a run may hold at its end more than it did then: nothing of a round is kept, but a heap is never the same twice. */
const MOST_GROWTH_BYTES = 20 * 1024 * 1024;

/** Whether a run that goes on and on holds more and more. */
export class MemoryWatch {
  readonly #startedMs = performance.now();
  #warmBytes: number | undefined;
  #lastBytes = 0;

  async look(): Promise<void> {
    if (this.#warmBytes === undefined && performance.now() - this.#startedMs > WARM_UP_MS) this.#warmBytes = await heldBytes();
  }

  /** What is wrong; undefined if nothing is, or the run was too short to tell. */
  async end(): Promise<string | undefined> {
    this.#lastBytes = await heldBytes();
    const growth = this.#lastBytes - (this.#warmBytes ?? this.#lastBytes);
    return growth > MOST_GROWTH_BYTES ? `the process holds ${growth} bytes more than after ten seconds` : undefined;
  }

  text(): string {
    const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    return `held at the end: ${megabytes(this.#lastBytes)}${this.#warmBytes === undefined ? "" : `, after ten seconds: ${megabytes(this.#warmBytes)}`}`;
  }
}

async function heldBytes(): Promise<number> {
  const { heapBytes } = await holding();
  return heapBytes + process.memoryUsage().arrayBuffers;
}
