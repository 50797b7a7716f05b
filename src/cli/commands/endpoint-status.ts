import type { EtcdClient } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { PrintedStatus } from "../output/printer.ts";

export async function endpointStatusCommand(context: Context): Promise<ExitCode> {
  const { flags, output, errors, signal } = context;
  const printer = printerFor(flags.text("write-out"), "statuses", { isHex: flags.bool("hex") });
  return withClient(context, async (client) => {
    const statuses: PrintedStatus[] = [];
    const endpoints = await chosenEndpoints(context, client);
    for (const endpoint of endpoints) {
      try {
        statuses.push({ endpoint, status: await client.maintenance.status(endpoint, { signal }) });
      } catch (error) {
        signal.throwIfAborted();
        await errors.line(`Failed to get the status of endpoint ${endpoint} (${errorText(error)})`);
      }
    }
    await output.write(printer.statuses(statuses));
    return statuses.length === endpoints.length ? exitCodes.success : exitCodes.error;
  });
}

/** Those of --endpoints, or with --cluster what the members tell clients. */
export async function chosenEndpoints({ flags, signal }: Context, client: EtcdClient): Promise<readonly string[]> {
  if (!flags.bool("cluster")) return client.endpoints;
  const { members } = await client.cluster.memberList({ signal });
  return members.flatMap(({ clientUrls }) => clientUrls);
}
