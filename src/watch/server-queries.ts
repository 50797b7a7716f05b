import { isRpcError, ProtocolError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";
import { KVDefinition, MaintenanceDefinition, RangeRequest_SortOrder, RangeRequest_SortTarget } from "../gen/rpc.ts";
import type { KeyRange } from "../model/key-range.ts";
import { ResponseHeader } from "../model/response-header.ts";
import type { Revision } from "../model/revision.ts";
import { callUnary } from "../transport/rpc-method.ts";
import { sleep } from "../util/clock.ts";
import { isPossibleRevision } from "./message-fault.ts";
import type { WatcherHost } from "./watcher-host.ts";

/** How long to wait before "now" is asked for again. */
const RETRY_MS = 1_000;

interface QueryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Ask this one and no other. */
  readonly endpoint?: string | undefined;
}

/** The store's revision. */
export async function currentRevision(host: WatcherHost, range: KeyRange, options: QueryOptions = {}): Promise<Revision> {
  return (await storeHeader(host, range, options)).revision;
}

/** What the store says of itself, with a linearizable read of the watched keys: whoever may watch them may read them. */
export async function storeHeader(
  host: WatcherHost,
  { key, rangeEnd }: KeyRange,
  { signal, timeoutMs, endpoint }: QueryOptions = {},
): Promise<ResponseHeader> {
  const request = {
    key: key.length === 0 ? Buffer.from([0]) : key, // the server watches 0x00 for an empty key, but refuses to read one
    rangeEnd,
    limit: 1n,
    keysOnly: true,
    revision: 0n,
    sortOrder: RangeRequest_SortOrder.NONE,
    sortTarget: RangeRequest_SortTarget.KEY,
    serializable: false,
    countOnly: false,
    minModRevision: 0n,
    maxModRevision: 0n,
    minCreateRevision: 0n,
    maxCreateRevision: 0n,
  };
  const options = { signal, timeoutMs: timeoutMs ?? host.requestTimeoutMs, repeatable: true, endpoint };
  const answer = await callUnary(host.transport, KVDefinition, KVDefinition.methods.range, request, options);
  const header = ResponseHeader.from(answer.header);
  if (!isPossibleRevision(header.revision)) throw new ProtocolError(`A read was answered at revision ${String(header.revision)}`);
  return header;
}

/** The same, asked for until it is told. Undefined if it is no longer wanted, or the signal says so. */
export async function revisionNow(
  host: WatcherHost,
  range: KeyRange,
  { signal, isWanted }: { readonly signal: AbortSignal; readonly isWanted: () => boolean },
): Promise<Revision | undefined> {
  const isOver = (): boolean => signal.aborted || !isWanted();
  while (!isOver()) {
    try {
      return await currentRevision(host, range, { signal });
    } catch (error) {
      if (isOver()) break;
      host.logger.warn("The revision to watch from could not be read; trying again", { error });
      await sleep(RETRY_MS, { signal, clock: host.clock }).catch(() => undefined); // aborted: the condition sees it
    }
  }
  return undefined;
}

/**
 * Whether the server behind an endpoint sends requested progress after the events that it speaks of. Status may be root's alone; that is
 * so from 3.5.28 and 3.6.0 on, so being refused it is an answer, too.
 */
export async function hasOrderedProgress(host: WatcherHost, endpoint: string, options: QueryOptions = {}): Promise<boolean> {
  try {
    return isProgressOrdered(await serverVersion(host, endpoint, options));
  } catch (error) {
    if (isRpcError(error) && error.details === serverErrors.permissionDenied.message) return true;
    throw error;
  }
}

/** The version of the server behind an endpoint; empty if it does not tell. */
export async function serverVersion(host: WatcherHost, endpoint: string, { signal, timeoutMs }: QueryOptions = {}): Promise<string> {
  const options = { signal, timeoutMs: timeoutMs ?? host.requestTimeoutMs, repeatable: true, endpoint };
  const answer = await callUnary(host.transport, MaintenanceDefinition, MaintenanceDefinition.methods.status, {}, options);
  return answer.version;
}

/**
 * Whether a server of this version sends a requested progress notice after the events that it speaks of. Older ones may send it before
 * them (etcd-io/etcd#15220, fixed in 3.4.25, 3.5.8 and 3.6.0). A version that cannot be read counts as old.
 */
export function isProgressOrdered(version: string): boolean {
  const [, major, minor, patch] = (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) return false;
  if (major !== 3) return major > 3;
  if (minor === 4) return patch >= 25;
  if (minor === 5) return patch >= 8;
  return minor > 5;
}
