import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setImmediate as turn } from "node:timers/promises";

/** Finalizers run between collections, and free what the next one takes. */
const COLLECTIONS = 6;

/** What a process holds. */
export interface Holding {
  readonly heapBytes: number;
  /** Handles and timers that are open, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

/** What is left in use after the garbage was collected. */
export async function holding(): Promise<Holding> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let count = 0; count < COLLECTIONS; count++) {
    collect();
    await turn();
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heapBytes: process.memoryUsage().heapUsed, resources };
}

/** By how many bytes each step makes the heap grow: the slope of the straight line that fits best. */
export function growthPerStep(samples: readonly { readonly step: number; readonly heapBytes: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanStep, meanHeap] = [mean(samples.map(({ step }) => step)), mean(samples.map(({ heapBytes }) => heapBytes))];
  const covariance = mean(samples.map(({ step, heapBytes }) => (step - meanStep) * (heapBytes - meanHeap)));
  return covariance / mean(samples.map(({ step }) => (step - meanStep) ** 2));
}
