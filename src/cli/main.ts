#!/usr/bin/env node
import process from "node:process";
import { run } from "./run.ts";

// Arguments to a command, a command to an exit code. Nothing is left open after `run()`, so the process ends by itself.
const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // A second one ends the process at once: the handler is gone by then.
  process.once(name, () => {
    interruption.abort(name);
  });
}
const { stdin, stdout, stderr, env } = process;
const ignore = (): void => undefined; // a broken pipe is told by the write that finds it
stdout.on("error", ignore);
stderr.on("error", ignore);
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: interruption.signal });
stdin.destroy(); // what nobody read any more must not keep the process
