import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COPIED = ["src", "test", "proto", "examples", "package.json", "tsconfig.json"];

/** A run that takes this many times as long as the same without a fault hangs, which is a way to notice it. */
const HANGS_AFTER_TIMES = 5;
const LEAST_TIMEOUT_MS = 90_000;

export type Outcome =
  | { readonly kind: "noticed"; readonly by: string }
  /** No test failed. */
  | { readonly kind: "survived" }
  | { readonly kind: "hung" };

/** A copy of the repository in which files are broken and tests run, so that nothing here is touched. */
export class Workshop implements AsyncDisposable {
  readonly #root: string;
  #timeoutMs = 10 * LEAST_TIMEOUT_MS;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(repository: string): Promise<Workshop> {
    const root = await mkdtemp(join(tmpdir(), "etcd-watch-mutation-"));
    for (const name of COPIED) await cp(join(repository, name), join(root, name), { recursive: true });
    await symlink(join(repository, "node_modules"), join(root, "node_modules"));
    return new Workshop(root);
  }

  /** What was added to the repository after it was copied is not there. */
  has(file: string): boolean {
    return existsSync(join(this.#root, file));
  }

  read(file: string): Promise<string> {
    return readFile(join(this.#root, file), "utf8");
  }

  /** Runs all `tests` without a fault, which also tells how long a run takes here and now. */
  async testSound(tests: readonly string[]): Promise<Outcome> {
    const startedAtMs = Date.now();
    const outcome = await this.test(tests);
    this.#timeoutMs = Math.max(LEAST_TIMEOUT_MS, HANGS_AFTER_TIMES * (Date.now() - startedAtMs));
    return outcome;
  }

  /** Runs `tests` while `file` has `text`. */
  async tryWith(file: string, text: string, tests: readonly string[]): Promise<Outcome> {
    const whole = await this.read(file);
    await writeFile(join(this.#root, file), text);
    try {
      return await this.test(tests);
    } finally {
      await writeFile(join(this.#root, file), whole);
    }
  }

  async test(tests: readonly string[]): Promise<Outcome> {
    const vitest = join(this.#root, "node_modules/vitest/vitest.mjs");
    // One process for all files: to load the same modules for each would be most of the time.
    const options = ["run", "--config", "test/vitest.config.js", "--bail", "1", "--no-isolate", "--maxWorkers", "1"];
    options.push("--reporter", "dot", "--no-color");
    const child = spawn(process.execPath, [vitest, ...options, ...tests], { cwd: this.#root, detached: true });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, this.#timeoutMs);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    if (code === null) return { kind: "hung" }; // killed
    return code === 0 ? { kind: "survived" } : { kind: "noticed", by: failedTest(output) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}

function failedTest(output: string): string {
  const failed = /FAIL\s+(.+)/.exec(output)?.[1] ?? output.split("\n").find((line) => /error/i.test(line));
  // A run that found no tests, or did not begin, says nothing about the fault.
  if (failed === undefined) throw new Error(`The run failed, and names no test and no error:\n${output}`);
  return failed;
}
