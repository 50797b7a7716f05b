import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The lines of standard input, one at a time. */
export class InputLines {
  readonly #reader;
  readonly #lines: AsyncIterator<string>;

  constructor(stdin: Readable, signal: AbortSignal) {
    this.#reader = createInterface({ input: stdin, crlfDelay: Infinity, signal, terminal: false });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** The next line; undefined at the end, or when the signal is aborted. */
  async next(): Promise<string | undefined> {
    const result = await this.#lines.next();
    return result.done === true ? undefined : result.value;
  }

  /** Stops reading, in the middle of a wait too. */
  close(): void {
    this.#reader.close();
  }
}
