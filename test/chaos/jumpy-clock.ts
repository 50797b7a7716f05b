import { systemClock, type Clock, type Timer } from "../../src/util/clock.ts";

/** The system's clock, but one whose time can be made to jump, as after a suspend. Counts the timers that it has not been rid of. */
export class JumpyClock implements Clock {
  #offsetMs = 0;
  #pending = 0;

  get pendingTimers(): number {
    return this.#pending;
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#offsetMs;
  }

  /** Forwards, or backwards if below 0. Running timers keep their time. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isPending = true;
    const settle = (): void => {
      if (isPending) this.#pending--;
      isPending = false;
    };
    this.#pending++;
    const timer = systemClock.setTimer(delayMs, () => {
      settle();
      callback();
    });
    return {
      cancel: () => {
        settle();
        timer.cancel();
      },
    };
  }
}
