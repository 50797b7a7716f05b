import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";

const STOPPED = "stopped at ";

/** A running test/programs/coordinated-controller.ts, which is killed when the test is over. */
export class ControllerProcess {
  readonly name: string;
  readonly lines: string[] = [];
  stderr = "";
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(kind: "election" | "shard", { endpoint, prefix, name }: { endpoint: string; prefix: string; name: string }) {
    this.name = name;
    const parameters = [kind, endpoint, prefix, name];
    const program = spawn(process.execPath, ["--import", "tsx", "test/programs/coordinated-controller.ts", ...parameters], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    program.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    createInterface({ input: program.stdout }).on("line", (line) => this.lines.push(line));
    this.#process = program;
    this.#closed = once(program, "close");
    onTestFinished(() => this.kill());
  }

  /** `kill -9`: it has no time for anything. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#closed;
  }

  /** Ctrl-C. */
  async interrupt(): Promise<number | null> {
    this.#process.kill("SIGINT");
    await this.#closed;
    return this.#process.exitCode;
  }

  /** Stops it in the midst of its next piece of work, and tells which: it does nothing, and knows nothing of it, until `wake()`. */
  async pauseAtWork(): Promise<string> {
    this.#process.kill("SIGUSR2");
    const stopped = (): string | undefined => this.lines.find((line) => line.startsWith(STOPPED));
    await eventually(() => stopped() !== undefined, { timeoutMs: 30_000, describe: () => this.stderr });
    return stopped()?.slice(STOPPED.length) ?? "";
  }

  wake(): void {
    this.#process.kill("SIGCONT");
  }
}
