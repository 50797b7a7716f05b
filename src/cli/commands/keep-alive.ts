import type { EtcdClient } from "../../index.ts";
import { isLeaseExpiredError } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { leaseText } from "../output/lines.ts";
import { leaseArgument, leasePrinter } from "./lease.ts";

export async function keepAliveCommand(context: Context): Promise<ExitCode> {
  const id = leaseArgument(context, "lease keep-alive", "lease keep-alive command needs lease ID as argument");
  return withClient(context, (client) =>
    context.flags.bool("once") ? keepAliveOnce(context, client, id) : keepAliveUntilGone(context, client, id),
  );
}

async function keepAliveUntilGone(context: Context, { lease }: EtcdClient, id: bigint): Promise<ExitCode> {
  const { flags, output, signal } = context;
  const printer = leasePrinter(context, "keepAlive");
  try {
    for await (const response of lease.keepAlive(id, { signal })) await output.write(printer.keepAlive(response));
  } catch (error) {
    if (!isLeaseExpiredError(error)) throw error;
    if (flags.text("write-out") === "simple") await output.line(`lease ${leaseText(id)} expired or revoked.`);
    return exitCodes.success;
  }
  throw signal.reason; // else the loop does not end
}

async function keepAliveOnce(context: Context, { lease }: EtcdClient, id: bigint): Promise<ExitCode> {
  const { flags, output, signal } = context;
  const printer = leasePrinter(context, "keepAlive");
  const limit = AbortSignal.timeout(flags.durationMs("command-timeout"));
  try {
    for await (const response of lease.keepAlive(id, { signal: AbortSignal.any([signal, limit]) })) {
      await output.write(printer.keepAlive(response));
      return exitCodes.success;
    }
  } catch (error) {
    if (!isLeaseExpiredError(error)) throw error;
    throw new CommandError(exitCodes.badConnection, "etcdserver: requested lease not found", { cause: error });
  }
  if (signal.aborted) throw signal.reason;
  throw new CommandError(exitCodes.badConnection, `no endpoint has renewed the lease within --command-timeout`);
}
