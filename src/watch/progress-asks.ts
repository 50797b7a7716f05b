import { Deque } from "../util/deque.ts";

/** A server answers a progress request at once or never: after this time a notice is no answer to it, in ms. */
const ANSWER_WITHIN_MS = 5_000;

/** Progress requests of the user's own that wait for an answer. A server that has a watch behind stays silent, and nothing tells so. */
export class ProgressAsks {
  readonly #askedAtMs = new Deque<number>();

  asked(nowMs: number): void {
    this.#forget(nowMs);
    this.#askedAtMs.push(nowMs);
  }

  /** A notice for the whole stream has come: whether the user has asked for it. */
  answered(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#askedAtMs.shift() !== undefined;
  }

  #forget(nowMs: number): void {
    for (let oldest = this.#askedAtMs.peek(); oldest !== undefined && nowMs - oldest > ANSWER_WITHIN_MS; oldest = this.#askedAtMs.peek())
      this.#askedAtMs.shift();
  }
}
