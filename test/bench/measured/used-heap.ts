import { setTimeout as sleep } from "node:timers/promises";

/** What objects take after garbage collection, in bytes. Needs `--expose-gc`. */
export async function heapAfterGc(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Start node with --expose-gc");
  for (let round = 0; round < 3; round++) {
    gc();
    await sleep(20); // what was let go of in callbacks goes with the next round
  }
  return process.memoryUsage().heapUsed;
}
