import { ReadStream, WriteStream } from "node:tty";
import type { Readable } from "node:stream";
import type { Output } from "../io.ts";
import type { ScreenSize } from "./top-screen.ts";

const ENTER = "\u001b[?1049h\u001b[?25l"; // the other screen of the terminal, without a cursor
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const CTRL_C = "\u0003";

/** A terminal that is drawn on as a whole, and read a key at a time; left as it was found. */
export class TerminalScreen {
  readonly #output: Output;
  readonly #stdin: Readable;
  readonly #onKeys: (keys: Buffer | string) => void;

  private constructor(output: Output, stdin: Readable, onQuit: () => void) {
    this.#output = output;
    this.#stdin = stdin;
    this.#onKeys = (keys) => {
      if (/[qQ]/.test(keys.toString()) || keys.toString().includes(CTRL_C)) onQuit();
    };
  }

  /** @param onQuit called for q and Ctrl-C, which is no signal while keys are read */
  static async open(output: Output, stdin: Readable, onQuit: () => void): Promise<TerminalScreen> {
    const screen = new TerminalScreen(output, stdin, onQuit);
    if (stdin instanceof ReadStream) {
      stdin.setRawMode(true);
      stdin.on("data", screen.#onKeys);
    }
    await output.write(ENTER);
    return screen;
  }

  get size(): ScreenSize {
    const { stream } = this.#output;
    return stream instanceof WriteStream ? { columns: stream.columns, rows: stream.rows } : { columns: 80, rows: 24 };
  }

  async draw(lines: readonly string[]): Promise<void> {
    await this.#output.write(HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n") + CLEAR_BELOW);
  }

  async close(): Promise<void> {
    if (this.#stdin instanceof ReadStream) {
      this.#stdin.off("data", this.#onKeys);
      this.#stdin.setRawMode(false);
      this.#stdin.pause();
    }
    await this.#output.write(LEAVE);
  }
}
