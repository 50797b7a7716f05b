import type { Clock, Timer } from "../../src/util/clock.ts";

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<PendingTimer>();

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
  }

  /** Lets time pass, and fires on the way what is due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    while (this.fireNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Lets time pass up to the next timer and fires that one alone, as an event loop does. False if none is due until then. */
  fireNext(untilMs: number): boolean {
    const due = [...this.#timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
    if (due === undefined) return false;
    this.#timers.delete(due);
    this.#nowMs = Math.max(this.#nowMs, due.dueMs); // after a jump it is late
    due.callback();
    return true;
  }

  /** Lets time pass without firing anything, as a blocked event loop does. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }
}
