import type { TxnComparison, TxnOperation } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { InputLines } from "../input-lines.ts";
import { printerFor } from "../output/printer-for.ts";
import { parseComparison, parseOperation } from "./txn-script.ts";

export async function txnCommand(context: Context): Promise<ExitCode> {
  const { flags, args, stdin, output, signal } = context;
  if (args.length > 0) throw new CommandError(exitCodes.badArguments, "txn command does not accept argument", { helpFor: "txn" });
  const printer = printerFor(flags.text("write-out"), "txn", { isHex: flags.bool("hex") });
  const prompt = (text: string): Promise<void> => (flags.bool("interactive") ? output.line(text) : Promise.resolve());
  const input = new InputLines(stdin, signal);
  try {
    await prompt("compares:");
    const compare = await readList<TxnComparison>(input, signal, parseComparison);
    await prompt("success requests (get, put, del):");
    const success = await readList<TxnOperation>(input, signal, parseOperation);
    await prompt("failure requests (get, put, del):");
    const failure = await readList<TxnOperation>(input, signal, parseOperation);
    return await withClient(context, async ({ kv }) => {
      await output.write(printer.txn(await kv.txn({ compare, success, failure }, { signal })));
      return exitCodes.success;
    });
  } finally {
    input.close();
  }
}

/** Lines up to an empty one. */
async function readList<Item>(input: InputLines, signal: AbortSignal, parse: (line: string) => Item): Promise<Item[]> {
  const items: Item[] = [];
  for (;;) {
    const line = await input.next();
    signal.throwIfAborted();
    if (line === undefined)
      throw new CommandError(exitCodes.invalidInput, "EOF: each of the three lists of a txn ends with an empty line", { helpFor: "txn" });
    if (line.trim() === "") return items;
    items.push(parse(line.trim()));
  }
}
