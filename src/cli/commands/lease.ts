import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { Printer } from "../output/printer.ts";
import { parseInt64 } from "../parse/go-number.ts";

/** How the answer of such a command is printed. */
export function leasePrinter<Wanted extends keyof Printer>({ flags }: Context, wanted: Wanted): Pick<Printer, Wanted> {
  return printerFor(flags.text("write-out"), wanted, { isHex: flags.bool("hex") });
}

export async function grantCommand(context: Context): Promise<ExitCode> {
  const [text] = context.args;
  if (text === undefined || context.args.length !== 1)
    throw new CommandError(exitCodes.badArguments, "lease grant command needs TTL argument", { helpFor: "lease grant" });
  const ttl = parsed(text, 10, (why) => `bad TTL (${why})`);
  const printer = leasePrinter(context, "grant");
  return withClient(context, async ({ lease }) => {
    // The server raises whatever is too short, and the client does not send what is below 0.
    const granting = lease.grant(ttl < 0n ? 0n : ttl, { signal: context.signal });
    const response = await failingWith(granting, exitCodes.error, (why) => `failed to grant lease (${why})`);
    await context.output.write(printer.grant(response));
    return exitCodes.success;
  });
}

export async function revokeCommand(context: Context): Promise<ExitCode> {
  const id = leaseArgument(context, "lease revoke", "lease revoke command needs 1 argument");
  const printer = leasePrinter(context, "revoke");
  return withClient(context, async ({ lease }) => {
    const revoking = lease.revoke(id, { signal: context.signal });
    const response = await failingWith(revoking, exitCodes.error, (why) => `failed to revoke lease (${why})`);
    await context.output.write(printer.revoke(id, response));
    return exitCodes.success;
  });
}

export async function timeToLiveCommand(context: Context): Promise<ExitCode> {
  const id = leaseArgument(context, "lease timetolive", "lease timetolive command needs lease ID as argument");
  const [keys, printer] = [context.flags.bool("keys"), leasePrinter(context, "timeToLive")];
  return withClient(context, async ({ lease }) => {
    const response = await failingWith(lease.timeToLive(id, { keys, signal: context.signal }), exitCodes.badConnection);
    await context.output.write(printer.timeToLive(response, keys));
    return exitCodes.success;
  });
}

export async function leasesCommand(context: Context): Promise<ExitCode> {
  const printer = leasePrinter(context, "leases");
  return withClient(context, async ({ lease }) => {
    const response = await failingWith(lease.leases({ signal: context.signal }), exitCodes.badConnection);
    await context.output.write(printer.leases(response));
    return exitCodes.success;
  });
}

/** The one argument, an id in hexadecimal. */
export function leaseArgument({ args }: Context, helpFor: string, whenMissing: string): bigint {
  const [text] = args;
  if (text === undefined || args.length !== 1) throw new CommandError(exitCodes.badArguments, whenMissing, { helpFor });
  return parsed(text, 16, (why) => `bad lease ID arg (${why}), expecting ID in Hex`);
}

function parsed(text: string, base: 10 | 16, message: (why: string) => string): bigint {
  try {
    return parseInt64(text, base);
  } catch (error) {
    throw new CommandError(exitCodes.badArguments, message(error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

/** etcdctl has its own exit code for each of these, and words before etcd's. */
async function failingWith<T>(answer: Promise<T>, exitCode: ExitCode, message: (why: string) => string = (why) => why): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new CommandError(exitCode, message(errorText(error)), { cause: error });
  }
}
