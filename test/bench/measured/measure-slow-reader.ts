import { setTimeout as sleep } from "node:timers/promises";
import { FIRST_REVISION } from "../load/response-template.ts";
import type { MeasuredClient } from "./measured-client.ts";
import type { Order, SlowAnswer } from "./orders.ts";

/** The slow one stays slow at least so long, for what is sent to it to arrive. */
const SLOW_FOR_MS = 4_000;
/** It pauses each time that it has taken so many events: a response, where there are such. */
const EVENTS_PER_PAUSE = 100;

/** Two watches of one client: one reads in its own time, and then quickly; the other always as fast as it goes. */
export async function measureSlowReader(client: MeasuredClient, order: Order & { do: "slow" }): Promise<SlowAnswer> {
  await client.watch({ key: "idle", onEvents: () => undefined });
  await sleep(300);
  globalThis.gc?.();
  const idleBytes = process.memoryUsage.rss();
  const maxAtIdle = process.resourceUsage().maxRSS;
  let sampled = idleBytes;
  const peak = (): number => {
    const { maxRSS } = process.resourceUsage(); // in KiB; of the whole life of the process, which may have begun with more
    return maxRSS > maxAtIdle ? maxRSS * 1024 : sampled;
  };
  const sampler = setInterval(() => (sampled = Math.max(sampled, process.memoryUsage.rss())), 10);

  const turnedQuick = new AbortController();
  const slow = order.slowKey === "" ? undefined : new SlowReader(client, order, turnedQuick.signal);
  const beganMs = performance.now();
  const fastMs = await readAll(client, order);
  const slowTaken = slow?.taken ?? 0;
  let pendingPeakBytes = peak();
  if (slow !== undefined) {
    await sleep(Math.max(0, beganMs + SLOW_FOR_MS - performance.now()));
    pendingPeakBytes = peak();
    turnedQuick.abort();
    await slow.done;
  }
  clearInterval(sampler);
  return { fastMs, idleBytes, pendingPeakBytes, peakBytes: peak(), slowTaken, exact: slow?.exact ?? true };
}

class SlowReader {
  taken = 0;
  exact = true;
  readonly done: Promise<void>;

  constructor(client: MeasuredClient, { slowKey, slowEvents, pauseMs }: Order & { do: "slow" }, quick: AbortSignal) {
    this.done = new Promise((resolve) => {
      const onEvents = (count: number, last: unknown): Promise<void> | undefined => {
        const before = this.taken;
        this.taken += count;
        // Revisions are consecutive: with one lost or doubled, count and revision part.
        if (client.revisionOf(last) !== FIRST_REVISION + this.taken - 1) this.exact = false;
        if (this.taken >= slowEvents) resolve();
        const pauses = Math.floor(this.taken / EVENTS_PER_PAUSE) > Math.floor(before / EVENTS_PER_PAUSE);
        return pauses && !quick.aborted ? sleep(pauseMs, undefined, { signal: quick }).catch(() => undefined) : undefined;
      };
      void client.watch({ key: slowKey, onEvents });
    });
  }
}

async function readAll(client: MeasuredClient, { fastKey, fastEvents }: Order & { do: "slow" }): Promise<number> {
  let seen = 0;
  let beganMs = 0;
  await new Promise<void>((resolve) => {
    const onEvents = (count: number): undefined => {
      if (seen === 0) beganMs = performance.now();
      seen += count;
      if (seen >= fastEvents) resolve();
    };
    void client.watch({ key: fastKey, onEvents });
  });
  return performance.now() - beganMs;
}
