import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";

export interface CommandOptions {
  readonly cwd: string;
  /** The Node to find as `node`, for the command and all that it starts. Default: the one that runs this. */
  readonly node?: string;
  /** Default three minutes. Then the command and what it started are killed. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Both outputs, as they came. */
  readonly printed: string;
}

const DEFAULT_TIMEOUT_MS = 180_000;

/** Runs a command as a user would, who has come from nowhere: without what npm and vitest put into the environment of their children. */
export async function runCommand(command: string, parameters: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { cwd, node = process.execPath, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const child = spawn(command, parameters, { cwd, env: userEnvironment(node), stdio: ["ignore", "pipe", "pipe"], detached: true });
  let [stdout, printed, isLate] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    printed += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const timer = setTimeout(() => {
    isLate = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL"); // its group: a shell's children too
  }, timeoutMs);
  try {
    await once(child, "close");
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw new Error(`${shown(command, parameters)} did not end within ${timeoutMs} ms; it printed:\n${printed}`);
  return { exitCode: child.exitCode, stdout, printed };
}

/** The same, for a command that must succeed. @throws {Error} with what it printed if it does not */
export async function succeed(command: string, parameters: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const result = await runCommand(command, parameters, options);
  if (result.exitCode !== 0)
    throw new Error(`${shown(command, parameters)} ended with ${String(result.exitCode)}:\n${result.printed.trim()}`);
  return result;
}

function userEnvironment(node: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_(?:lifecycle|package|command|node|config_local)_|npm_execpath|INIT_CWD$|NODE_OPTIONS$|NODE_TEST|VITEST|TSX_|COLOR$)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(own), PATH: [dirname(node), process.env["PATH"]].join(delimiter), NO_COLOR: "1" };
}

/** A program that is given as a parameter would hide what went wrong. */
function shown(command: string, parameters: readonly string[]): string {
  return [command, ...parameters.map((parameter) => (parameter.includes("\n") ? "…" : parameter))].join(" ");
}
