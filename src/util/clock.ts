import { abortReason, onAbort } from "./abort.ts";

/** A running timer. `cancel()` may be called at any time, also after it fired. */
export interface Timer {
  /** Takes it back. Nothing happens if it has fired. */
  cancel(): void;
}

/** Where time comes from: an argument wherever time matters, so that tests need not wait for it. */
export interface Clock {
  /** Monotonic milliseconds since some fixed moment. */
  nowMs(): number;
  /** Calls back once, after so many ms. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node caps a timer at 2^31-1 ms and fires a longer one at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  /** Calls back once, after so many ms. */
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS));
    return {
      cancel: () => {
        clearTimeout(handle);
      },
    };
  },
};

const epochs = new WeakMap<Clock, number>();

/** The time of day at a moment of the clock. What the clock lacks is found out once, so that a moment keeps its time. */
export function timeOfDay(clock: Clock, atMs: number): Date {
  const epochMs = epochs.get(clock) ?? Date.now() - clock.nowMs();
  epochs.set(clock, epochMs);
  return new Date(epochMs + atMs);
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. Leaves no timer and no listener behind. */
export function sleep(
  delayMs: number,
  { signal, clock = systemClock }: { signal?: AbortSignal | undefined; clock?: Clock } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw abortReason(signal);
    const timer = clock.setTimer(delayMs, () => {
      unlink();
      resolve();
    });
    const unlink = onAbort(signal, (reason) => {
      timer.cancel();
      reject(reason);
    });
  });
}

/** Calls back after each `periodMs`, until the returned function is called. */
export function every(clock: Clock, periodMs: number, callback: () => void): () => void {
  let timer: Timer | undefined;
  const start = (): Timer =>
    clock.setTimer(periodMs, () => {
      timer = start();
      callback();
    });
  timer = start();
  return () => {
    timer?.cancel();
  };
}
