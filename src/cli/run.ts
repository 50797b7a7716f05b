import { styleText } from "node:util";
import { isEtcdError, isRpcError } from "../index.ts";
import { commandFunctions } from "./commands/command-functions.ts";
import { errorText } from "./error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-code.ts";
import { type Io, mayColour, Output } from "./io.ts";
import { helpText } from "./parse/help-text.ts";
import { type Command, parseCommandLine } from "./parse/parse-command-line.ts";

/**
 * Runs one command line, the name of the program left out, to its end: every watch is gone then, and every connection closed.
 * Never exits and never throws: what went wrong is on `stderr`, and the exit code is what it resolves with.
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const output = new Output(io.stdout);
  const errors = new Output(io.stderr);
  const parsed = parseCommandLine(argv, io.env);
  return guarded(io, output, async (signal) => {
    switch (parsed.kind) {
      case "help": {
        const strong = mayColour(output, io.env) ? (text: string) => styleText("bold", text, { validateStream: false }) : undefined;
        await output.write(helpText(parsed.words, strong));
        return exitCodes.success;
      }
      case "error":
        await errors.line(`Error: ${parsed.message}\n\n${helpHint(parsed.helpFor)}`);
        return parsed.exitCode;
      case "command":
        return runCommand(parsed.command, { io, output, errors, signal });
      default: {
        const unreachable: never = parsed;
        return unreachable;
      }
    }
  });
}

/** Gives `work` a signal that is aborted with the caller's, and when nobody reads the output any more. */
async function guarded(io: Io, output: Output, work: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const broken = new AbortController();
  const onError = (error: Error): void => {
    broken.abort(error);
  };
  output.stream.on("error", onError);
  try {
    return await work(io.signal === undefined ? broken.signal : AbortSignal.any([io.signal, broken.signal]));
  } catch (error) {
    if (broken.signal.aborted || isBrokenPipe(error)) return exitCodes.brokenPipe;
    throw error;
  } finally {
    output.stream.off("error", onError);
  }
}

async function runCommand(
  { name, flags, args, afterTerminator, warnings }: Command,
  { io, output, errors, signal }: { io: Io; output: Output; errors: Output; signal: AbortSignal },
): Promise<ExitCode> {
  try {
    for (const warning of warnings) await errors.line(`Warning: ${warning}`);
    const { stdin, env } = io;
    return await commandFunctions[name]({ flags, args, afterTerminator, stdin, output, errors, env, signal });
  } catch (error) {
    if (isBrokenPipe(error)) throw error;
    if (io.signal?.aborted === true) return signalCodes.get(io.signal.reason) ?? exitCodes.interruptedByUser;
    if (signal.aborted) throw error; // the output broke
    const hint = error instanceof CommandError && error.helpFor !== undefined ? `\n\n${helpHint(error.helpFor.split(" "))}` : "";
    await errors.line(`Error: ${errorText(error)}${hint}`);
    return exitCodeOf(error);
  }
}

const signalCodes: ReadonlyMap<unknown, ExitCode> = new Map([
  ["SIGHUP", exitCodes.hungUp],
  ["SIGTERM", exitCodes.terminated],
]);

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  // etcdctl logs in before it does anything else, and takes a failure of that for a bad connection.
  if (isRpcError(error) && error.path.endsWith("/Authenticate")) return exitCodes.badConnection;
  if (!isEtcdError(error) && (error instanceof TypeError || error instanceof RangeError)) return exitCodes.badArguments; // the library's word
  return exitCodes.error;
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}

function helpHint(words: readonly string[]): string {
  return `Run '${["etcd-watch", ...words, "--help"].join(" ")}' for usage.`;
}
