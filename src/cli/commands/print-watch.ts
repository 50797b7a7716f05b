import { type EtcdClient, isCompactedError, isEtcdError } from "../../index.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { lines } from "../output/lines.ts";
import { printerFor } from "../output/printer-for.ts";
import type { PrintedWatch, Printer } from "../output/printer.ts";
import { runForEvents } from "./watch-exec.ts";
import type { WatchRequest } from "./watch-request.ts";

/**
 * Prints a watch until the server ends it, which is said too.
 * @throws the signal's reason when that ends it; {CommandError} when a command run for an event fails
 */
export async function printWatch(context: Context, client: EtcdClient, { key, options, exec }: WatchRequest): Promise<void> {
  const { flags, output, errors, signal } = context;
  const printer = printerFor(flags.text("write-out"), "watch", { isHex: flags.bool("hex") });
  try {
    for await (const response of client.watch(key, { ...options, signal })) {
      const { header, events, created } = response;
      const printed = printer.watch({ header, events, created, compactRevision: 0n, canceled: false });
      await output.write(response.isProgressNotify ? Buffer.concat([progressLine(header.revision), printed]) : printed);
      if (exec !== undefined) await runForEvents(context, exec, response);
    }
  } catch (error) {
    if (!isEtcdError(error)) throw error;
    await errors.line(`watch was canceled (${errorText(error)})`);
    await output.write(printEnd(printer, error));
  }
  signal.throwIfAborted();
}

function progressLine(revision: bigint): Buffer {
  return lines([`progress notify: ${String(revision)}`]);
}

/** etcdctl prints the end of a watch as a response without events; of a refused one the server tells nothing. */
function printEnd(printer: Pick<Printer, "watch">, error: Error): Uint8Array {
  const end: PrintedWatch = { header: undefined, events: undefined, compactRevision: 0n, canceled: true, created: false };
  if (!isCompactedError(error)) return printer.watch(end);
  return printer.watch({ ...end, header: error.header, events: [], compactRevision: error.compactRevision ?? 0n });
}
