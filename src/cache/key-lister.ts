import type { EtcdClient } from "../client/etcd-client.ts";
import type { GetOptions } from "../client/kv.ts";
import type { GetResponse } from "../client/kv-responses.ts";
import { ClusterChangedError, isRpcError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";
import { type KeyRange, successorOf } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";

export interface KeyPage {
  readonly kvs: readonly KeyValue[];
  /** The revision of the whole list, the same on every page. */
  readonly revision: Revision;
  /** The cluster that was read, the same on every page. 0 from a server that does not tell. */
  readonly clusterId: bigint;
}

/**
 * Every key of a range as it was at one revision, in pages: the first page is read at the newest revision, the others at the same one.
 * (etcd's client/v3/mirror/syncer.go does it this way; a page that began at the newest revision each time would be no picture of any.)
 *
 * @throws {CompactedError} if that revision is compacted meanwhile; {ClusterChangedError} if another cluster answers a later page, or the same
 * one taken back to before that revision: its page would not go with the others. Either way: list again
 */
export async function* listPages(
  client: EtcdClient,
  range: KeyRange,
  { pageSize, signal }: { readonly pageSize: number; readonly signal: AbortSignal },
): AsyncGenerator<KeyPage, void, undefined> {
  let first: { readonly revision: Revision; readonly clusterId: bigint } | undefined;
  let from = range.key;
  for (;;) {
    const options = { ...(range.rangeEnd.length === 0 ? {} : { rangeEnd: range.rangeEnd }), limit: pageSize, signal };
    const { header, kvs, more } =
      first === undefined ? await client.kv.get(from, options) : await pageAt(client, from, { ...options, revision: first.revision });
    first ??= { revision: header.revision, clusterId: header.clusterId };
    checkCluster(first.clusterId, header.clusterId);
    yield { kvs, ...first };
    const last = kvs.at(-1);
    if (!more || last === undefined) return;
    from = successorOf(last.key);
  }
}

/** @throws {ClusterChangedError} if both are known and not the same */
export function checkCluster(expected: bigint, actual: bigint): void {
  if (expected !== actual && expected !== 0n && actual !== 0n) throw new ClusterChangedError({ what: "cluster id", expected, actual });
}

/** A linearizable read knows all that its cluster has agreed on: one to which a revision is of the future has lost it. */
async function pageAt(client: EtcdClient, from: Buffer, options: GetOptions & { readonly revision: Revision }): Promise<GetResponse> {
  try {
    return await client.kv.get(from, options);
  } catch (error) {
    if (!isRpcError(error) || error.details !== serverErrors.futureRevision.message) throw error;
    const { header } = await client.kv.get(from, { limit: 1, signal: options.signal });
    throw new ClusterChangedError({ what: "revision", expected: options.revision, actual: header.revision });
  }
}
