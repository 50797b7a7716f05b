export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const REDRAW_EVERY_MS = 60;
const LEAST_COLUMNS = 80;
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_BELOW = "\u001b[J";

/**
 * Lines that stay, and below them a picture that is drawn again and again while things move. Where nothing can be drawn twice (a file,
 * a pipe, a narrow terminal), the picture appears once, as it is at the end.
 */
export class Screen {
  readonly #output: Output;
  readonly #isLive: boolean;
  #picture: (() => readonly string[]) | undefined;
  #drawnLines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, { tallestPicture, term }: { tallestPicture: number; term: string | undefined }) {
    this.#output = output;
    const { isTTY = false, columns = 0, rows = 0 } = output;
    this.#isLive = isTTY && term !== "dumb" && columns >= LEAST_COLUMNS && rows > tallestPicture;
  }

  /** A line that stays. */
  line(text = ""): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  /** Draws the picture below the lines from now on. */
  show(picture: () => readonly string[]): void {
    this.#erase();
    this.#picture = picture;
    if (!this.#isLive) return;
    if (this.#timer === undefined) {
      this.#output.write(HIDE_CURSOR);
      this.#timer = setInterval(() => {
        this.#erase();
        this.#draw();
      }, REDRAW_EVERY_MS);
    }
    this.#draw();
  }

  /** The picture stays as it is now, or goes. Idempotent. */
  settle({ keep }: { keep: boolean }): void {
    clearInterval(this.#timer);
    this.#erase();
    const last = keep ? this.#picture?.() : undefined;
    this.#picture = undefined;
    for (const text of last ?? []) this.#output.write(`${text}\n`);
    if (this.#timer !== undefined) this.#output.write(SHOW_CURSOR);
    this.#timer = undefined;
  }

  #draw(): void {
    if (!this.#isLive || this.#picture === undefined) return;
    const lines = this.#picture();
    this.#output.write(lines.map((text) => `${text}\n`).join(""));
    this.#drawnLines = lines.length;
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#output.write(`\u001b[${this.#drawnLines}A\r${CLEAR_BELOW}`);
    this.#drawnLines = 0;
  }
}
