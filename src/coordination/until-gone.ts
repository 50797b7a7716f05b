import type { EtcdClient } from "../client/etcd-client.ts";
import { ClosedError, isClusterChangedError, isCompactedError } from "../errors/etcd-error.ts";
import type { Revision } from "../model/revision.ts";
import { abortReason } from "../util/abort.ts";

/** A key as it was created once. */
export interface Incarnation {
  readonly key: Uint8Array;
  readonly createRevision: Revision;
}

/**
 * Resolves once a key that was there at a revision has been deleted, for which it watches that key alone. When the watch cannot go on
 * (compacted, another cluster), the key is read.
 * @throws the signal's reason; why the watch or the read failed for good
 */
export async function untilGone(
  client: EtcdClient,
  { key, createRevision }: Incarnation,
  { revision, signal }: { readonly revision: Revision; readonly signal: AbortSignal },
): Promise<void> {
  for (let startRevision = revision + 1n; ;) {
    try {
      for await (const { events } of client.watch(key, { startRevision, signal })) {
        if (events.some((event) => event.type === "delete" || event.kv.createRevision !== createRevision)) return;
      }
      throw signal.aborted ? abortReason(signal) : new ClosedError("The client"); // nothing else ends a watch quietly
    } catch (error) {
      if (signal.aborted || !(isCompactedError(error) || isClusterChangedError(error))) throw error;
    }
    const { kvs, header } = await client.kv.get(key, { signal });
    if (kvs[0]?.createRevision !== createRevision) return;
    startRevision = header.revision + 1n;
  }
}
