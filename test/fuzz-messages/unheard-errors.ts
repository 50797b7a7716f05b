import { BrokenRule } from "./stream-rules.ts";

/** Rejections that nobody handles, and exceptions that nobody catches, in the whole process. */
export class UnheardErrors implements Disposable {
  readonly #errors: unknown[] = [];
  readonly #note = (error: unknown): void => {
    this.#errors.push(error);
  };

  constructor() {
    process.on("unhandledRejection", this.#note);
    process.on("uncaughtException", this.#note);
  }

  /** @throws {BrokenRule} if there was one since the last time */
  check(): void {
    const [error] = this.#errors.splice(0);
    if (error !== undefined) throw new BrokenRule(`nobody handled an error`, { cause: error });
  }

  [Symbol.dispose](): void {
    process.off("unhandledRejection", this.#note);
    process.off("uncaughtException", this.#note);
  }
}
