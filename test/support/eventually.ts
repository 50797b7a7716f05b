import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 5;

/** Waits until `condition` holds. Fails with what `describe` says when it still does not after `timeoutMs`. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 10_000, describe = () => "the condition still does not hold" }: { timeoutMs?: number; describe?: () => string } = {},
): Promise<void> {
  const giveUpAtMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAtMs) throw new Error(`after ${String(timeoutMs)} ms ${describe()}`);
    await delay(POLL_MS);
  }
}

/** What `promise` gives, or a failure that names `what` if it takes longer than `timeoutMs`. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      promise,
      delay(timeoutMs, undefined, { signal: late.signal }).then((): never => {
        throw new Error(`${what} took longer than ${String(timeoutMs)} ms`);
      }),
    ]);
  } finally {
    late.abort();
  }
}
