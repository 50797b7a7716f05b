// Measures this library beside others: `npm run bench`. Writes a page and a plot into docs/performance.
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { LoadProcess } from "./load/load-process.ts";
import { buildGoProgram } from "./measured/go-program.ts";
import { parseBenchOptions, type SectionName } from "./options.ts";
import type { BenchRun } from "./sections/bench-run.ts";
import { codec } from "./sections/codec.ts";
import { latency } from "./sections/latency.ts";
import { manyWatches } from "./sections/many-watches.ts";
import { memory } from "./sections/memory.ts";
import { slowReader } from "./sections/slow-reader.ts";
import { throughput } from "./sections/throughput.ts";

const PLOT = "throughput.svg";

const options = parseBenchOptions(process.argv.slice(2));
const beganMs = performance.now();
const loadBefore = loadavg()[0] ?? 0;

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
  }
}

progress("building the Go program");
const go = await buildGoProgram();
const goNote = typeof go === "string" ? `Go's clientv3 was left out: ${go}.` : "";
if (goNote !== "") console.log(goNote);
await mkdir(options.into, { recursive: true });
const server = await LoadProcess.start();
const run: BenchRun = { server, go: typeof go === "string" ? undefined : go, rounds: options.rounds, scale: options.scale, progress };
const parts: string[] = [];
for (const name of options.only) parts.push(await section(name, run));
server.stop();

const machine = `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
const load = `load of the machine ${loadBefore.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after, of which the benchmark itself is about 2`;
const page = [
  "# Benchmark",
  `Made by \`${options.command}\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, ${load}.`,
  "All measured clients are processes of their own and take turns, round by round. A figure is the median of the rounds; a ratio the median of the ratios of each round, " +
    "with the least and the most. Ratios count; absolute figures are those of this machine and this hour.",
  goNote,
  ...parts,
].filter((text) => text !== "");
const file = join(options.into, "benchmark.md");
await writeFile(file, await format(page.join("\n\n"), { ...(await resolveConfig(file)), parser: "markdown" }));
progress(`written: ${file}`);
