import { WatchDefinition } from "../gen/rpc.ts";
import { methodPath } from "../transport/rpc-method.ts";
import type { ContextValue } from "./context-value.ts";
import type { ResumeQueue } from "./resume-queue.ts";
import { type ConnectionOwner, WatchConnection } from "./watch-connection.ts";
import type { WatcherHost } from "./watcher-host.ts";

const WATCH_PATH = methodPath(WatchDefinition, WatchDefinition.methods.watch);

/** Opens a Watch call on whichever endpoint answers, as long as that takes. Throws as `Transport.duplex` does. */
export async function openConnection(
  { transport, logger, clock, maxReceiveBytes: maxRevisionBytes }: WatcherHost,
  { metadata }: ContextValue,
  {
    signal,
    ...options
  }: { readonly queue: ResumeQueue; readonly owner: ConnectionOwner; readonly fragmentAll: boolean; readonly signal: AbortSignal },
): Promise<WatchConnection> {
  const call = await transport.duplex(WATCH_PATH, { connection: "watches", metadata, signal });
  return new WatchConnection({ ...options, call, logger, clock, maxRevisionBytes });
}
