import type { Clock } from "../util/clock.ts";

/** For so long it is taken for true of an endpoint. What proved it may have been a stall, or a proxy that is gone. */
const REMEMBERED_MS = 600_000;

/** Endpoints on which more than one create in flight did not go well. As many as a client has endpoints. */
export class SingleCreates {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(endpoint: string): boolean {
    const untilMs = this.#untilMs.get(endpoint);
    if (untilMs === undefined) return false;
    if (this.#clock.nowMs() < untilMs) return true;
    this.#untilMs.delete(endpoint);
    return false;
  }

  add(endpoint: string): void {
    this.#untilMs.set(endpoint, this.#clock.nowMs() + REMEMBERED_MS);
  }
}
