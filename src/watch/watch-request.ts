import { WatchCreateRequest_FilterType, WatchRequest } from "../gen/rpc.ts";
import type { Revision } from "../model/revision.ts";
import type { WatchSpec } from "./watch-options.ts";

/** The request that creates the watch, or creates it again from `startRevision` on. */
export function encodeCreate(
  spec: WatchSpec,
  { startRevision, fragment, watchId }: { startRevision: Revision; fragment: boolean; watchId: bigint },
): Uint8Array {
  const filters: WatchCreateRequest_FilterType[] = [];
  if (spec.filters.includes("noput")) filters.push(WatchCreateRequest_FilterType.NOPUT);
  if (spec.filters.includes("nodelete")) filters.push(WatchCreateRequest_FilterType.NODELETE);
  const { prevKv, progressNotify } = spec;
  const { key, rangeEnd } = spec.range;
  const value = { key, rangeEnd, startRevision, progressNotify, filters, prevKv, watchId, fragment };
  return WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish();
}

export function encodeCancel(watchId: bigint): Uint8Array {
  return WatchRequest.encode({ requestUnion: { $case: "cancelRequest", value: { watchId } } }).finish();
}

export function encodeProgress(): Uint8Array {
  return WatchRequest.encode({ requestUnion: { $case: "progressRequest", value: {} } }).finish();
}
