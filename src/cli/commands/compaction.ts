import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { parseInt64 } from "../parse/go-number.ts";

export async function compactionCommand(context: Context): Promise<ExitCode> {
  const { flags, args, output, signal } = context;
  const [text] = args;
  if (text === undefined || args.length !== 1)
    throw new CommandError(exitCodes.badArguments, "compaction command needs 1 argument", { helpFor: "compaction" });
  const revision = parseInt64(text, 10);
  return withClient(context, async (client) => {
    // The server says of 0 what it says of any that is lower; the client does not send those.
    await client.kv.compact(revision < 0n ? 0n : revision, { physical: flags.bool("physical"), signal });
    await output.line(`compacted revision ${String(revision)}`);
    return exitCodes.success;
  });
}
