import { RangeRequest_SortOrder, RangeRequest_SortTarget } from "../../gen/rpc.ts";
import type { RangeRequest, RangeResponse } from "../../gen/rpc.ts";
import type { KeyValue } from "../../gen/kv.ts";
import { compareBytes, NO_BYTES } from "../../util/bytes.ts";
import { keySpan } from "./key-text.ts";
import type { ReadView } from "./read-view.ts";
import { revisionHeader } from "./revision-header.ts";

/** A number past this is no limit for an array. */
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** Answers a Range: the filters first, then the order, then the limit, as etcd's executeRange does. */
export function queryRange(view: ReadView, request: RangeRequest): RangeResponse {
  const limit = request.limit > 0n && request.limit < MOST ? Number(request.limit) : Infinity;
  const result = view.range(keySpan(request.key, request.rangeEnd), {
    revision: request.revision,
    countOnly: request.countOnly,
    // The store may stop early only where nothing below picks among the keys. One more than asked for shows that there is more.
    limit: picksAmongKeys(request) ? Infinity : limit + 1,
  });
  const matching = sorted(result.kvs.filter(filterOf(request)), request);
  const kvs = matching.slice(0, limit);
  return {
    header: revisionHeader(result.revision),
    kvs: request.keysOnly ? kvs.map((kv) => ({ ...kv, value: NO_BYTES })) : kvs,
    more: matching.length > limit,
    count: BigInt(result.count),
  };
}

function picksAmongKeys(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  const filters = minModRevision !== 0n || maxModRevision !== 0n || minCreateRevision !== 0n || maxCreateRevision !== 0n;
  // A target without an order sorts too, but only what the limit has left: etcd's own oddity.
  return filters || request.sortOrder !== RangeRequest_SortOrder.NONE;
}

function filterOf({ minModRevision, maxModRevision, minCreateRevision, maxCreateRevision }: RangeRequest): (kv: KeyValue) => boolean {
  return ({ modRevision, createRevision }) =>
    (maxModRevision === 0n || modRevision <= maxModRevision) &&
    (minModRevision === 0n || modRevision >= minModRevision) &&
    (maxCreateRevision === 0n || createRevision <= maxCreateRevision) &&
    (minCreateRevision === 0n || createRevision >= minCreateRevision);
}

function sorted(kvs: KeyValue[], { sortOrder, sortTarget }: RangeRequest): KeyValue[] {
  if (sortOrder === RangeRequest_SortOrder.NONE && sortTarget === RangeRequest_SortTarget.KEY) return kvs;
  const compare = comparison(sortTarget);
  return kvs.sort(sortOrder === RangeRequest_SortOrder.DESCEND ? (a, b) => compare(b, a) : compare);
}

function comparison(target: RangeRequest_SortTarget): (a: KeyValue, b: KeyValue) => number {
  switch (target) {
    case RangeRequest_SortTarget.KEY:
      return (a, b) => compareBytes(a.key, b.key);
    case RangeRequest_SortTarget.VERSION:
      return (a, b) => compareInt64(a.version, b.version);
    case RangeRequest_SortTarget.CREATE:
      return (a, b) => compareInt64(a.createRevision, b.createRevision);
    case RangeRequest_SortTarget.MOD:
      return (a, b) => compareInt64(a.modRevision, b.modRevision);
    case RangeRequest_SortTarget.VALUE:
      return (a, b) => compareBytes(a.value, b.value);
  }
}

export function compareInt64(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
