import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ProgramRun {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its last line on stdout to its end. */
  readonly afterLastLineMs: number;
}

export interface RunOptions {
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called for each line on stdout, as it comes. `interrupt` is Ctrl-C. */
  readonly onLine?: (line: string, interrupt: () => void) => void;
  /** It is killed after this time. */
  readonly timeoutMs?: number;
}

/** Runs a TypeScript program of this repository, from its sources, until it ends by itself. */
export async function runProgram(
  path: string,
  parameters: readonly string[] = [],
  { environment = {}, onLine, timeoutMs = 20_000 }: RunOptions = {},
): Promise<ProgramRun> {
  const program = spawn(process.execPath, ["--import", "tsx", path, ...parameters], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr, lastLineAtMs] = ["", "", performance.now()];
  program.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  createInterface({ input: program.stdout }).on("line", (line) => {
    stdout += `${line}\n`;
    lastLineAtMs = performance.now();
    onLine?.(line, () => program.kill("SIGINT"));
  });
  await once(program, "close");
  return { exitCode: program.exitCode, stdout, stderr, afterLastLineMs: performance.now() - lastLineAtMs };
}
