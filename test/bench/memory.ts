import { setTimeout as sleep } from "node:timers/promises";

/** What objects and buffers take after garbage collection. Needs `--expose-gc`. */
export async function usedBytes(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Start node with --expose-gc");
  for (let round = 0; round < 3; round++) {
    gc();
    await sleep(20); // what was let go of in callbacks and by sockets goes with the next round
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function inMib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
