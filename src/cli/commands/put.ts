import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import type { Key, PutOptions } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { FlagValues } from "../parse/flag.ts";
import { parseInt64 } from "../parse/go-number.ts";

interface PutRequest<K extends Key> {
  readonly key: K;
  /** Undefined: it comes over standard input. */
  readonly value: K | "" | undefined;
  readonly options: Omit<PutOptions, "signal" | "timeoutMs">;
}

export async function putCommand(context: Context): Promise<ExitCode> {
  const { flags, args, stdin, signal, output } = context;
  const { key, value: given, options } = putRequest(flags, args);
  const printer = printerFor(flags.text("write-out"), "put", { isHex: flags.bool("hex") });
  const value = given ?? (await readValue(stdin, signal));
  return withClient(context, async (client) => {
    await output.write(printer.put(await client.kv.put(key, value, { ...options, signal })));
    return exitCodes.success;
  });
}

/** What a `put` asks for, on the command line or in a transaction. */
export function putRequest<K extends Key>(flags: FlagValues, args: readonly K[]): PutRequest<K> {
  const [key, value] = args;
  if (key === undefined) throw missing();
  const ignoreValue = flags.bool("ignore-value");
  if (ignoreValue && value !== undefined)
    throw new CommandError(exitCodes.badArguments, "put command needs only 1 argument when 'ignore-value' is set", { helpFor: "put" });
  const lease = leaseOf(flags.text("lease"));
  const options = { lease, prevKv: flags.bool("prev-kv"), ignoreValue, ignoreLease: flags.bool("ignore-lease") };
  return { key, value: ignoreValue ? "" : value, options };
}

export function missing(): CommandError {
  return new CommandError(exitCodes.badArguments, "put command needs 1 argument and input from stdin or 2 arguments", { helpFor: "put" });
}

/** All of standard input, byte for byte. */
async function readValue(stdin: Readable, signal: AbortSignal): Promise<Buffer> {
  const stop = (): void => {
    stdin.destroy();
  };
  signal.addEventListener("abort", stop);
  try {
    const value = await buffer(stdin);
    if (value.length === 0) throw missing();
    return value;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function leaseOf(text: string): bigint {
  try {
    return parseInt64(text, 16);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.badArguments, `bad lease ID (${why}), expecting ID in Hex`, { cause: error });
  }
}
