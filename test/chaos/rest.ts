import { sleep } from "../../src/util/clock.ts";

/** Waits, and ends early without a failure when it is over. */
export async function rest(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, { signal }).catch(() => undefined);
}
