const nothing = (): void => undefined;

/**
 * The signal's reason, as it is: who aborts with a value of their own looks for that value. It is an Error as a rule, and typed so, since
 * whatever is thrown or rejected with should be one.
 */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason as Error;
}

type Callback = (reason: Error) => void;

/**
 * Who waits for which signal. One listener on the signal stands for all of them: Node 20 prints a warning from the eleventh listener on, and
 * searches a list for each that comes or goes. The callbacks are boxed, so that one that waits twice counts as two.
 */
const waiting = new WeakMap<AbortSignal, { readonly boxes: Set<{ readonly callback: Callback }>; readonly listener: () => void }>();

/**
 * Calls `callback` once when `signal` is aborted, at once if it already is. Returns what takes the listener away again.
 * `AbortSignal.any` leaks on Node 20 and is quadratic on Node 22, so signals are linked by hand.
 */
export function onAbort(signal: AbortSignal | undefined, callback: Callback): () => void {
  if (signal === undefined) return nothing;
  if (signal.aborted) {
    callback(abortReason(signal));
    return nothing;
  }
  const { boxes, listener } = waiting.get(signal) ?? listenTo(signal);
  const box = { callback };
  boxes.add(box);
  return () => {
    if (!boxes.delete(box) || boxes.size > 0) return;
    signal.removeEventListener("abort", listener);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal) {
  const boxes = new Set<{ readonly callback: Callback }>();
  const listener = (): void => {
    waiting.delete(signal);
    const reason = abortReason(signal);
    for (const { callback } of boxes) {
      try {
        callback(reason);
      } catch (error) {
        // As an EventTarget does: the others are still called, and the error is not hidden.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
  const entry = { boxes, listener };
  waiting.set(signal, entry);
  signal.addEventListener("abort", listener, { once: true });
  return entry;
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. The listener is removed either way. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const unlink = onAbort(signal, reject);
    promise.then(resolve, reject).finally(unlink);
  });
}

/** A signal that is aborted, with their reason, as soon as one of these is. `unlink` takes the listeners away again. */
export function firstAborted(signals: readonly (AbortSignal | undefined)[]): { readonly signal: AbortSignal; readonly unlink: () => void } {
  const first = new AbortController();
  const unlinks = signals.map((signal) =>
    onAbort(signal, (reason) => {
      first.abort(reason);
    }),
  );
  return {
    signal: first.signal,
    unlink: () => {
      for (const unlink of unlinks) unlink();
    },
  };
}
