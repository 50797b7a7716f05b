import { getEventListeners } from "node:events";
import type { EtcdClient, WatchChannel } from "etcd-watch";
import type { ChaosProxy } from "etcd-watch/mock-server";
import { within } from "../support/eventually.ts";
import { growthPerStep, holding, type Holding } from "./heap-gauge.ts";

/** Watches that are created and cancelled at a time. */
const AT_ONCE = 50;
const SAMPLES = 20;
/** The first samples are of a process that warms up: code is compiled, tables grow. */
const WARM_UP = 0.4;
/** Watches that are resumed with the one that is read. */
const OTHERS = 2;
const RECONNECT_WITHIN_MS = 20_000;

export interface LeakReport {
  readonly steps: number;
  readonly before: Holding;
  readonly after: Holding;
  /** Over what comes after the warm-up. */
  readonly bytesPerStep: number;
  /** Abort listeners that are left on the signal that all watches shared. */
  readonly listeners: number;
}

/** Does `step` so often and so many at a time, and looks at the heap in between. */
async function measure(
  steps: number,
  { signal, samples: sampleCount = SAMPLES }: { signal: AbortSignal; samples: number | undefined },
  step: (from: number, to: number) => Promise<void>,
): Promise<LeakReport> {
  const samples: { step: number; heapBytes: number }[] = [];
  const warmUpSamples = Math.floor(sampleCount * WARM_UP);
  let [before, after] = [await holding(), await holding()];
  for (let sample = 0; sample < sampleCount; sample++) {
    await step(Math.floor((steps * sample) / sampleCount), Math.floor((steps * (sample + 1)) / sampleCount));
    after = await holding();
    if (sample === warmUpSamples) before = after;
    if (sample >= warmUpSamples) samples.push({ step: (steps * (sample + 1)) / sampleCount, heapBytes: after.heapBytes });
  }
  return { steps, before, after, bytesPerStep: growthPerStep(samples), listeners: getEventListeners(signal, "abort").length };
}

/** Each watch is created, some are read, and ended in one of four ways. One other watch keeps their stream open, or the last one ends it. */
export function createAndCancel(
  client: EtcdClient,
  { cycles, keepStream, samples }: { cycles: number; keepStream: boolean; samples?: number },
): Promise<LeakReport> {
  const shared = new AbortController();
  const keeper = keepStream ? client.watch("keeper") : undefined;
  const one = async (index: number): Promise<void> => {
    const own = new AbortController();
    const signal = index % 3 === 0 ? own.signal : shared.signal;
    const watch = client.watch(`key ${index % 100}`, { signal, prevKv: index % 2 === 0 });
    const reader = index % 2 === 0 ? readToEnd(watch) : undefined;
    await watch.created;
    if (index % 3 === 0) own.abort(new Error("enough"));
    else watch.cancel();
    await reader;
  };
  return measure(cycles, { signal: shared.signal, samples }, async (from, to) => {
    for (let index = from; index < to; index += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, to - index) }, (_, offset) => one(index + offset)));
    }
  }).finally(() => keeper?.cancel());
}

/** Each time the connection is cut, and a change that was made meanwhile must come through another one. */
export async function reconnect(
  watching: EtcdClient,
  writing: EtcdClient,
  proxy: ChaosProxy,
  { reconnects, samples }: { reconnects: number; samples?: number },
): Promise<LeakReport> {
  const shared = new AbortController();
  const watch = watching.watch("reconnect", { signal: shared.signal });
  const others = Array.from({ length: OTHERS }, (_, index) => watching.watch(`other ${index}`, { signal: shared.signal }));
  await Promise.all([watch, ...others].map(({ created }) => created));
  const accepted = proxy.connectionsAccepted;
  const events = watch.events();
  const report = await measure(reconnects, { signal: shared.signal, samples }, async (from, to) => {
    for (let index = from; index < to; index++) {
      proxy.cut();
      await writing.kv.put("reconnect", String(index));
      const result = await within(RECONNECT_WITHIN_MS, `reconnect ${index}`, events.next());
      const text = result.done === true ? "the end" : result.value.kv.valueText;
      if (text !== String(index)) throw new Error(`event ${index} was due, and ${text} came`);
    }
  });
  const seen = proxy.connectionsAccepted - accepted;
  if (seen < reconnects) throw new Error(`${reconnects} cuts made ${seen} new connections`);
  shared.abort(new Error("enough"));
  return { ...report, listeners: getEventListeners(shared.signal, "abort").length };
}

async function readToEnd(watch: WatchChannel): Promise<void> {
  for await (const { events } of watch) if (events.length > 0) throw new Error("nobody writes, and there are events");
}
