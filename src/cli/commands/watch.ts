import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printWatch } from "./print-watch.ts";
import { watchInteractively } from "./watch-interactive.ts";
import { watchRequest } from "./watch-request.ts";

export async function watchCommand(context: Context): Promise<ExitCode> {
  if (context.flags.bool("interactive")) return watchInteractively(context);
  const request = watchRequest(context);
  return withClient(context, async (client) => {
    await printWatch(context, client, request);
    throw new CommandError(exitCodes.interrupted, "watch is canceled by the server");
  });
}
