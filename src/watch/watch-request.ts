import { WatchCreateRequest_FilterType, WatchRequest } from "../gen/rpc.ts";
import { asBigInt, type Int64 } from "../model/int64.ts";
import type { WatchSpec } from "./watch-options.ts";

/** The request that creates the watch, or creates it again from `startRevision` on. */
export function encodeCreate(
  spec: WatchSpec,
  { startRevision, fragment, watchId }: { startRevision: Int64; fragment: boolean; watchId: Int64 },
): Uint8Array {
  const filters: WatchCreateRequest_FilterType[] = [];
  if (spec.filters.includes("noput")) filters.push(WatchCreateRequest_FilterType.NOPUT);
  if (spec.filters.includes("nodelete")) filters.push(WatchCreateRequest_FilterType.NODELETE);
  const { prevKv, progressNotify } = spec;
  const { key, rangeEnd } = spec.range;
  const value = {
    ...{ key, rangeEnd, progressNotify, filters, prevKv, fragment },
    startRevision: asBigInt(startRevision),
    watchId: asBigInt(watchId),
  };
  return WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish();
}

export function encodeCancel(watchId: Int64): Uint8Array {
  return WatchRequest.encode({ requestUnion: { $case: "cancelRequest", value: { watchId: asBigInt(watchId) } } }).finish();
}

export function encodeProgress(): Uint8Array {
  return WatchRequest.encode({ requestUnion: { $case: "progressRequest", value: {} } }).finish();
}
