// Measures this library beside others, as `npm run bench` has compiled it. Writes pages and a plot into docs/performance.
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { LoadProcess } from "./load/load-process.ts";
import { buildGoProgram } from "./measured/go-program.ts";
import { parseBenchOptions, type SectionName } from "./options.ts";
import type { BenchRun } from "./sections/bench-run.ts";
import { codec } from "./sections/codec.ts";
import { controllers } from "./sections/controllers.ts";
import { latency } from "./sections/latency.ts";
import { manyWatches } from "./sections/many-watches.ts";
import { memory } from "./sections/memory.ts";
import { slowReader } from "./sections/slow-reader.ts";
import { throughput } from "./sections/throughput.ts";

const PLOT = "throughput.svg";

const options = parseBenchOptions(process.argv.slice(2));
const beganMs = performance.now();

function progress(text: string): void {
  console.log(`${((performance.now() - beganMs) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
}

async function section(name: SectionName, run: BenchRun): Promise<string> {
  switch (name) {
    case "throughput": {
      const { page, plot } = await throughput(run);
      await writeFile(join(options.into, PLOT), plot);
      return `${page}\n\n![Events a second by events a response](${PLOT})`;
    }
    case "many-watches":
      return manyWatches(run);
    case "latency":
      return latency(run);
    case "slow-reader":
      return slowReader(run);
    case "memory":
      return memory(run);
    case "codec":
      return codec(run);
    case "controllers":
      return controllers(run);
  }
}

/** A page for each part, so that one part can be measured anew by itself. */
async function writePage(name: SectionName, measure: () => Promise<string>): Promise<void> {
  const before = loadavg()[0] ?? 0;
  const part = await measure();
  const machine = `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const load = `load of the machine ${before.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after, of which about 2 are the benchmark's own`;
  const how =
    "Measured clients are processes of their own and take turns, round by round. A figure is the median of the rounds; a ratio the median of the rounds' ratios, " +
    "with the least and the most. Ratios count; absolute figures are those of one machine in one hour.";
  const text = [part, `Made by \`${options.command}\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, ${load}. ${how}`, goNote];
  const file = join(options.into, `${name}.md`);
  const [title = "", ...rest] = text.join("\n\n").split("\n");
  await writeFile(
    file,
    await format([title.replace(/^#+/, "#"), ...rest].join("\n"), { ...(await resolveConfig(file)), parser: "markdown" }),
  );
  progress(`written: ${file}`);
}

progress("building the Go program");
const go = await buildGoProgram();
const goNote = typeof go === "string" ? `Go's clientv3 was left out: ${go}.` : "";
if (goNote !== "") console.log(goNote);
await mkdir(options.into, { recursive: true });
const server = await LoadProcess.start();
const run: BenchRun = { server, go: typeof go === "string" ? undefined : go, rounds: options.rounds, scale: options.scale, progress };
for (const name of options.only) await writePage(name, () => section(name, run));
server.stop();
