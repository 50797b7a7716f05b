import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import type { WatchResponse } from "../../index.ts";
import type { Context } from "../context.ts";
import { CommandError, exitCodes } from "../exit-code.ts";
import type { Output } from "../io.ts";
import { quoteGo } from "../output/go-quote.ts";

/**
 * Runs a command once for each event, one after the other.
 * @throws {CommandError} if it fails, as etcdctl: what was to be done for the change has not been done
 */
export async function runForEvents(
  context: Pick<Context, "output" | "errors" | "env" | "signal">,
  exec: readonly [string, ...string[]],
  { header, events }: WatchResponse,
): Promise<void> {
  for (const { type, kv } of events) {
    await runOnce(context, exec, {
      ETCD_WATCH_REVISION: String(header.revision),
      ETCD_WATCH_EVENT_TYPE: quoteGo(type === "put" ? "PUT" : "DELETE"),
      ETCD_WATCH_KEY: quoteGo(kv.key),
      ETCD_WATCH_VALUE: quoteGo(kv.value),
    });
  }
}

async function runOnce(
  { output, errors, env, signal }: Pick<Context, "output" | "errors" | "env" | "signal">,
  [command, ...args]: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(command, args, {
    env: { ...env, ...variables },
    stdio: ["ignore", output.descriptor ?? "pipe", errors.descriptor ?? "pipe"],
    signal,
  });
  try {
    const closed = once(child, "close"); // rejects if there is no such command, or the signal is aborted
    await Promise.all([closed, copied(child.stdout, output), copied(child.stderr, errors)]);
    const [exitCode, signalName] = (await closed) as [number | null, string | null];
    if (exitCode === 0) return;
    throw new Error(exitCode === null ? `signal: ${String(signalName)}` : `exit status ${String(exitCode)}`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.error, `command [${[command, ...args].map((word) => quoteGo(word)).join(" ")}] error (${why})`, {
      cause: error,
    });
  }
}

/** What a child says, where it has no descriptor of its own for it. */
async function copied(from: NodeJS.ReadableStream | null, to: Output): Promise<void> {
  if (from === null) return;
  await pipeline(from, to.stream, { end: false });
}
