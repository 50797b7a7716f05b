import { succeed } from "./command.ts";

const RUNS = 7;

/** How long a process takes to import a package that it has not seen yet, in ms: the median, and the bytes that it then holds more. */
export async function importTime(
  project: string,
  name: string,
  node: string,
): Promise<{ readonly ms: number; readonly heapBytes: number }> {
  const program = `const before = process.memoryUsage().heapUsed, startMs = performance.now();
await import(${JSON.stringify(name)});
console.log(JSON.stringify({ ms: performance.now() - startMs, heapBytes: process.memoryUsage().heapUsed - before }));`;
  const runs: { ms: number; heapBytes: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { stdout } = await succeed(node, ["--input-type=module", "-e", program], { cwd: project, node });
    runs.push(JSON.parse(stdout) as { ms: number; heapBytes: number });
  }
  runs.sort((a, b) => a.ms - b.ms);
  const median = runs[(RUNS - 1) / 2];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}
