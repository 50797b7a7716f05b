import { isRpcError, type EtcdClient, type TxnOperation } from "../../index.ts";
import { type Access, withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { mirrorBatches } from "./mirror-batches.ts";
import { setTimeout as delay } from "node:timers/promises";

const REPORT_INTERVAL_MS = 30_000;
const RETRY_DELAY_MS = 500;

export async function mirrorCommand(context: Context): Promise<ExitCode> {
  const { flags, args, output, errors, signal } = context;
  const [destination] = args;
  if (destination === undefined || args.length !== 1)
    throw new CommandError(exitCodes.badArguments, "make-mirror takes one destination argument", { helpFor: "make-mirror" });
  const [prefix, maxTxnOps] = [flags.text("prefix"), Number(flags.int64("max-txn-ops"))];
  if (!(maxTxnOps > 0)) throw new CommandError(exitCodes.badArguments, `--max-txn-ops must be above 0, got ${String(maxTxnOps)}`);
  const destinationKey = keyMapper(context, prefix);
  let total = 0;
  const report = setInterval(() => {
    output.line(String(total)).catch(() => undefined); // a broken pipe ends the command by itself
  }, REPORT_INTERVAL_MS);
  try {
    return await withClient(context, (source) =>
      withClient(
        context,
        async (target) => {
          const batches = mirrorBatches(source, { prefix, startRevision: flags.int64("rev"), signal });
          for await (const { writes, synced } of batches) {
            for (let index = 0; index < writes.length; index += maxTxnOps) {
              const part = writes.slice(index, index + maxTxnOps);
              const success = part.map(({ key, value }): TxnOperation => {
                const there = destinationKey(key);
                return value === undefined ? { delete: { key: there } } : { put: { key: there, value } };
              });
              await write(context, target, success);
              total += part.length;
            }
            if (synced !== undefined && errors.isTerminal)
              await errors.line(`${String(total)} keys copied, as they were at revision ${String(synced)}; following their changes`);
          }
          throw signal.reason; // else there is no end of batches
        },
        destinationAccess(context, destination),
      ),
    );
  } finally {
    clearInterval(report);
  }
}

/** Where a key of the source lies in the copy. */
function keyMapper({ flags }: Context, prefix: string): (key: Buffer) => Buffer {
  const [destinationPrefix, isTakenOff] = [flags.text("dest-prefix"), flags.bool("no-dest-prefix")];
  if (isTakenOff && destinationPrefix !== "")
    throw new CommandError(exitCodes.badArguments, "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
  const start = Buffer.from(isTakenOff || destinationPrefix !== "" ? destinationPrefix : prefix);
  const taken = Buffer.byteLength(prefix);
  return (key) => Buffer.concat([start, key.subarray(taken)]);
}

/** What is written twice is the same as once, so a write whose answer was lost is simply made again. */
async function write({ errors, signal }: Context, target: EtcdClient, success: readonly TxnOperation[]): Promise<void> {
  for (;;) {
    try {
      await target.kv.txn({ success }, { signal });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isRpcError(error) || !["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(error.code)) throw error;
      await errors.line(`Warning: the destination cannot be written, trying again: ${errorText(error)}`);
      await delay(RETRY_DELAY_MS, undefined, { signal });
    }
  }
}

function destinationAccess({ flags }: Context, destination: string): Access {
  return {
    endpoints: destination.split(","),
    user: flags.text("dest-user"),
    password: flags.text("dest-password"),
    cacert: flags.text("dest-cacert"),
    cert: flags.text("dest-cert"),
    key: flags.text("dest-key"),
    skipVerify: flags.bool("insecure-skip-tls-verify"),
    insecureTransport: flags.bool("dest-insecure-transport"),
  };
}
