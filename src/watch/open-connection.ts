import { WatchDefinition } from "../gen/rpc.ts";
import { methodPath } from "../transport/rpc-method.ts";
import { ClusterGuard, type ClusterGuardOptions } from "./cluster-guard.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { ConnectionRecord } from "./connection-record.ts";
import type { ContextValue } from "./context-value.ts";
import { RequestWriter } from "./request-writer.ts";
import type { ResumeQueue } from "./resume-queue.ts";
import { WatchConnection } from "./watch-connection.ts";
import type { WatcherHost } from "./watcher-host.ts";

const WATCH_PATH = methodPath(WatchDefinition, WatchDefinition.methods.watch);

/** Opens a Watch call on whichever endpoint answers, as long as that takes. Throws as `Transport.duplex` does. */
export async function openConnection(
  host: WatcherHost,
  { metadata }: ContextValue,
  {
    signal,
    fragmentAll,
    ...options
  }: { readonly queue: ResumeQueue; readonly owner: ConnectionOwner; readonly fragmentAll: boolean; readonly signal: AbortSignal },
): Promise<WatchConnection> {
  const { transport, clock, counters, maxReceiveBytes: maxRevisionBytes } = host;
  const call = await transport.duplex(WATCH_PATH, { connection: "watches", metadata, signal });
  const onChanged: ClusterGuardOptions["onChanged"] = (watch, error) => {
    options.owner.ended(watch, { kind: "error", error });
  };
  const guard = new ClusterGuard({ host, endpoint: call.endpoint, onChanged });
  const requests = new RequestWriter({ call, counters, fragmentAll });
  const record = new ConnectionRecord({ clock, counters });
  return new WatchConnection({ ...options, call, requests, record, guard, host, maxRevisionBytes });
}
