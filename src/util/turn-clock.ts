import type { Clock } from "./clock.ts";

/**
 * The time at which the present turn of the event loop first asked for it. For what is asked with every message: reading a clock takes some
 * 45 ns, of the 2,500 that all else of a small message takes, and hundreds of messages come in one turn.
 */
export class TurnClock {
  readonly clock: Clock;
  #nowMs: number | undefined;
  readonly #forget = (): void => {
    this.#nowMs = undefined;
  };

  constructor(clock: Clock) {
    this.clock = clock;
  }

  nowMs(): number {
    return this.#nowMs ?? this.#ask();
  }

  #ask(): number {
    this.#nowMs = this.clock.nowMs();
    setImmediate(this.#forget);
    return this.#nowMs;
  }
}
