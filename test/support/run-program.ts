import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ProgramRun {
  /** Null if it had to be killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its last line on stdout to its end. */
  readonly afterLastLineMs: number;
}

/** Runs a TypeScript program of this repository, from its sources, until it ends by itself or `timeoutMs` have passed. */
export async function runProgram(
  path: string,
  parameters: readonly string[],
  { timeoutMs = 20_000, onLine }: { timeoutMs?: number; onLine?: (line: string) => void } = {},
): Promise<ProgramRun> {
  const program = spawn(process.execPath, ["--import", "tsx", path, ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr, lastLineAtMs] = ["", "", performance.now()];
  program.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  createInterface({ input: program.stdout }).on("line", (line) => {
    stdout += `${line}\n`;
    lastLineAtMs = performance.now();
    onLine?.(line);
  });
  await once(program, "close");
  return { exitCode: program.exitCode, stdout, stderr, afterLastLineMs: performance.now() - lastLineAtMs };
}
