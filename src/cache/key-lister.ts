import type { EtcdClient } from "../client/etcd-client.ts";
import { type KeyRange, successorOf } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";

export interface KeyPage {
  readonly kvs: readonly KeyValue[];
  /** The revision of the whole list, the same on every page. */
  readonly revision: Revision;
}

/**
 * Every key of a range as it was at one revision, in pages: the first page is read at the newest revision, the others at the same one.
 * (etcd's client/v3/mirror/syncer.go does it this way; a page that began at the newest revision each time would be no picture of any.)
 *
 * @throws {CompactedError} if that revision is compacted meanwhile: list again
 */
export async function* listPages(
  client: EtcdClient,
  range: KeyRange,
  { pageSize, signal }: { readonly pageSize: number; readonly signal: AbortSignal },
): AsyncGenerator<KeyPage, void, undefined> {
  let revision: Revision | undefined;
  let from = range.key;
  for (;;) {
    const options = range.rangeEnd.length === 0 ? {} : { rangeEnd: range.rangeEnd };
    const answer = await client.kv.get(from, { ...options, limit: pageSize, signal, ...(revision === undefined ? {} : { revision }) });
    revision ??= answer.header.revision;
    yield { kvs: answer.kvs, revision };
    const last = answer.kvs.at(-1);
    if (!answer.more || last === undefined) return;
    from = successorOf(last.key);
  }
}
