// `npm run bench`: compiles the benchmark with the library, as users have it, and runs that. (tsx names every closure as it is made, which
// costs the event path a tenth.)
import { spawnSync } from "node:child_process";
import { compileBenchmark } from "./compile-benchmark.ts";

const program = await compileBenchmark();
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = status ?? 1;
