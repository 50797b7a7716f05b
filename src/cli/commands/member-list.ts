import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";

export async function memberListCommand(context: Context): Promise<ExitCode> {
  const { flags, output, signal } = context;
  const printer = printerFor(flags.text("write-out"), "members", { isHex: flags.bool("hex") });
  return withClient(context, async ({ cluster }) => {
    await output.write(printer.members(await cluster.memberList({ signal })));
    return exitCodes.success;
  });
}
