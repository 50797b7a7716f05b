import { isRpcError } from "../../index.ts";
import { accessOf, withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { PrintedHealth } from "../output/printer.ts";
import { durationText } from "../output/quantities.ts";
import { chosenEndpoints } from "./endpoint-status.ts";

export async function endpointHealthCommand(context: Context): Promise<ExitCode> {
  const { flags, output, errors } = context;
  const format = flags.text("write-out");
  const printer = printerFor(format, "health", { isHex: flags.bool("hex") });
  const endpoints = await withClient(context, (client) => chosenEndpoints(context, client));
  const health = await Promise.all(endpoints.map((endpoint) => healthOf(context, endpoint)));
  context.signal.throwIfAborted();
  await (format === "simple" ? errors : output).write(printer.health(health));
  if (health.some(({ error }) => error !== "")) throw new CommandError(exitCodes.error, "unhealthy cluster");
  return exitCodes.success;
}

/** A read that the cluster has to agree on. What the key is does not matter: a refusal for lack of permission proves as much. */
function healthOf(context: Context, endpoint: string): Promise<PrintedHealth> {
  const startedAtMs = performance.now();
  const took = (): string => durationText(performance.now() - startedAtMs);
  return withClient(
    context,
    async (client) => {
      await client.kv.get("health", { signal: context.signal });
      return { endpoint, took: took(), error: "" };
    },
    { ...accessOf(context), endpoints: [endpoint] },
  ).catch((error: unknown) => ({
    endpoint,
    took: took(),
    error: isRpcError(error) && error.code === "PERMISSION_DENIED" ? "" : errorText(error),
  }));
}
