import type { DeleteOptions, Key } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { FlagValues } from "../parse/flag.ts";
import { rangeFlags } from "./get.ts";

export async function delCommand(context: Context): Promise<ExitCode> {
  const { flags, args, signal, output } = context;
  const { key, options } = deleteRequest(flags, args);
  const printer = printerFor(flags.text("write-out"), "delete", { isHex: flags.bool("hex") });
  return withClient(context, async (client) => {
    await output.write(printer.delete(await client.kv.delete(key, { ...options, signal })));
    return exitCodes.success;
  });
}

/** What a `del` asks for, on the command line or in a transaction. */
export function deleteRequest<K extends Key>(
  flags: FlagValues,
  args: readonly K[],
): { readonly key: K; readonly options: Omit<DeleteOptions, "signal" | "timeoutMs"> } {
  const [key, rangeEnd] = args;
  if (key === undefined || args.length > 2)
    throw new CommandError(exitCodes.badArguments, "del command needs one argument as key and an optional argument as range_end", {
      helpFor: "del",
    });
  return { key, options: { ...rangeFlags(flags, rangeEnd), prevKv: flags.bool("prev-kv") } };
}
