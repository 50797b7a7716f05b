import { PassThrough, Readable } from "node:stream";
import { run } from "../../src/cli/run.ts";

export interface CliOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether standard output claims to be one. Default false. */
  readonly isTerminal?: boolean;
}

/** A command line that runs in this process. */
export class RunningCli {
  readonly outcome: Promise<CliOutcome>;
  /** What is written to it is what the command reads; it ends with `end()`. */
  readonly stdin = new PassThrough();
  readonly #stop = new AbortController();
  readonly #said = { stdout: "", stderr: "" };

  constructor(argv: readonly string[], { env = {}, isTerminal = false }: Omit<CliOptions, "input"> = {}) {
    const [stdout, stderr] = [Object.assign(new PassThrough(), { isTTY: isTerminal }), new PassThrough()];
    stdout.setEncoding("utf8").on("data", (text: string) => (this.#said.stdout += text));
    stderr.setEncoding("utf8").on("data", (text: string) => (this.#said.stderr += text));
    this.outcome = run(argv, { stdin: this.stdin, stdout, stderr, env, signal: this.#stop.signal }).then((exitCode) => ({
      exitCode,
      ...this.#said,
    }));
  }

  get stdout(): string {
    return this.#said.stdout;
  }

  get stderr(): string {
    return this.#said.stderr;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#stop.abort("SIGINT");
  }
}

/** Runs a command line in this process, to its end. */
export async function runCli(argv: readonly string[], { input = "", env = {} }: CliOptions = {}): Promise<CliOutcome> {
  const cli = new RunningCli(argv, { env });
  Readable.from([Buffer.from(input)]).pipe(cli.stdin);
  return cli.outcome;
}
