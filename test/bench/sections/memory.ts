import { loadKey } from "../load/load-key.ts";
import { MeasuredProcess, nodeProgram } from "../measured/measured-process.ts";
import type { MemoryAnswer } from "../measured/orders.ts";
import { mib, table } from "../report/format.ts";
import type { BenchRun } from "./bench-run.ts";

const EVENTS = 10_000_000;
const EVENTS_PER_RESPONSE = 100;

/** Whether memory grows when no reader is late. */
export async function memory(run: BenchRun): Promise<string> {
  const events = EVENTS * run.scale;
  const rows: string[][] = [];
  let head: string[] = [];
  for (const name of ["etcd-watch", "etcd-watch events()"]) {
    run.progress(`memory over ${events} events: ${name}`);
    const child = new MeasuredProcess(nodeProgram(name));
    const key = loadKey({ kind: "fire", eventsPerResponse: EVENTS_PER_RESPONSE, valueBytes: 100, responses: events / EVENTS_PER_RESPONSE });
    const { samples } = await child.tell<MemoryAnswer>({ do: "memory", endpoint: run.server.endpoint, key, events });
    await child.end();
    head = samples.map((sample) => `${(sample.events / 1e6).toFixed(1)} M`);
    rows.push([`${name}, heap after collection`, ...samples.map(({ heapBytes }) => `${(heapBytes / 1024 / 1024).toFixed(2)} MiB`)]);
    rows.push([`${name}, resident`, ...samples.map(({ residentBytes }) => mib(residentBytes))]);
  }
  return [
    `## Memory over ${events / 1e6} million events`,
    "100 events a response, of 100 bytes, read as they come.",
    table(["events", ...head], rows),
  ].join("\n\n");
}
