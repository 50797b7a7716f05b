import type { MeasuredClient } from "./measured-client.ts";
import type { MemoryAnswer } from "./orders.ts";

const SAMPLES = 10;

/** The heap after garbage collection and the process's resident memory, ten times on the way. */
export async function measureMemory(client: MeasuredClient, { key, events }: { key: string; events: number }): Promise<MemoryAnswer> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Start node with --expose-gc");
  const samples: MemoryAnswer["samples"][number][] = [];
  let seen = 0;
  await new Promise<void>((resolve) => {
    const onEvents = (count: number): undefined => {
      seen += count;
      if (seen < ((samples.length + 1) * events) / SAMPLES) return;
      gc();
      const { heapUsed: heapBytes, rss: residentBytes } = process.memoryUsage();
      samples.push({ events: seen, heapBytes, residentBytes });
      if (seen >= events) resolve();
    };
    void client.watch({ key, onEvents });
  });
  await client.close();
  return { samples };
}
