const nothing = (): void => undefined;

/** An abort reason as it should be thrown: `signal.reason` may be any value, but only an Error has a stack. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("The operation was aborted", { cause: reason });
}

/**
 * Calls `callback` once when `signal` is aborted, at once if it already is. Returns what takes the listener away again.
 * `AbortSignal.any` leaks on Node 20 and is quadratic on Node 22, so signals are linked by hand.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: Error) => void): () => void {
  if (signal === undefined) return nothing;
  if (signal.aborted) {
    callback(abortReason(signal));
    return nothing;
  }
  const listener = (): void => {
    callback(abortReason(signal));
  };
  signal.addEventListener("abort", listener, { once: true });
  return () => {
    signal.removeEventListener("abort", listener);
  };
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. The listener is removed either way. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const unlink = onAbort(signal, reject);
    promise.then(resolve, reject).finally(unlink);
  });
}
