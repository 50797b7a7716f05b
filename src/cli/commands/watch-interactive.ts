import type { EtcdClient } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { InputLines } from "../input-lines.ts";
import { argify } from "../parse/argify.ts";
import { watchFlags } from "../parse/kv-commands.ts";
import { readFlags } from "../parse/read-flags.ts";
import { printWatch } from "./print-watch.ts";
import { type WatchRequest, watchRequest } from "./watch-request.ts";

/** `watch -i`: each line of standard input is a watch of its own, or asks how far they are. All of them share one stream. */
export async function watchInteractively(context: Context): Promise<ExitCode> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const input = new InputLines(context.stdin, signal);
  const watches: Promise<void>[] = [];
  const failures: unknown[] = [];
  try {
    return await withClient(context, async (client) => {
      for (let line = await input.next(); line !== undefined; line = await input.next()) {
        const request = await lineRequest({ ...context, signal }, client, line);
        if (request === undefined) continue;
        const watching = printWatch({ ...context, signal }, client, request).catch((error: unknown) => {
          if (!stop.signal.aborted) failures.push(error);
          stop.abort(); // a command that failed, or nobody who reads the output
        });
        watches.push(watching);
      }
      context.signal.throwIfAborted();
      for (const failure of failures) throw asError(failure);
      throw new CommandError(exitCodes.invalidInput, "Error reading watch request line: EOF");
    });
  } finally {
    stop.abort();
    input.close();
    await Promise.all(watches);
  }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(errorText(failure));
}

/** The watch that a line asks for. Undefined for one that asks for none, which is said if it is no known line. */
async function lineRequest(context: Context, client: EtcdClient, line: string): Promise<WatchRequest | undefined> {
  const { errors, env, signal } = context;
  const words = wordsOf(line);
  if (words[0] === "progress") {
    await client.watcher.requestProgress({ signal });
    return undefined;
  }
  if (words[0] !== "watch") {
    await errors.line(`Invalid command ${line} (watch and progress are supported)`);
    return undefined;
  }
  const read = readFlags(words.slice(1), watchFlags);
  if (read.kind === "problem") throw new CommandError(exitCodes.badArguments, read.message, { helpFor: "watch" });
  const { values: flags, positionals: args, afterTerminator } = read;
  return watchRequest({ flags, args, afterTerminator, env });
}

function wordsOf(line: string): string[] {
  try {
    return argify(line).map(({ text }) => text);
  } catch (error) {
    throw new CommandError(exitCodes.invalidInput, `${errorText(error)} in ${line}`, { cause: error });
  }
}
