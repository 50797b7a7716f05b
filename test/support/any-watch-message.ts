import fc from "fast-check";
import { type Event, Event_EventType, type KeyValue } from "../../src/gen/kv.ts";
import { type ResponseHeader, type WatchCreateRequest, WatchCreateRequest_FilterType, type WatchResponse } from "../../src/gen/rpc.ts";

const anyInt64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-3n, 300n),
  fc.constantFrom(-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n),
);
const anyUint64 = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 300n), fc.constantFrom(2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 1n));
const anyBytes = fc.uint8Array({ maxLength: 300 });

export const anyKeyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: anyBytes,
  createRevision: anyInt64,
  modRevision: anyInt64,
  version: anyInt64,
  value: anyBytes,
  lease: anyInt64,
});
export const anyEvent: fc.Arbitrary<Event> = fc.record({
  type: fc.constantFrom(...Object.values(Event_EventType)),
  kv: fc.option(anyKeyValue, { nil: undefined }),
  prevKv: fc.option(anyKeyValue, { nil: undefined }),
});
export const anyHeader: fc.Arbitrary<ResponseHeader> = fc.record({
  clusterId: anyUint64,
  memberId: anyUint64,
  revision: anyInt64,
  raftTerm: anyUint64,
});
export const anyCreateRequest: fc.Arbitrary<WatchCreateRequest> = fc.record({
  key: anyBytes,
  rangeEnd: anyBytes,
  startRevision: anyInt64,
  progressNotify: fc.boolean(),
  filters: fc.array(fc.constantFrom(...Object.values(WatchCreateRequest_FilterType)), { maxLength: 3 }),
  prevKv: fc.boolean(),
  watchId: anyInt64,
  fragment: fc.boolean(),
});
export const anyResponse: fc.Arbitrary<WatchResponse> = fc.record({
  header: fc.option(anyHeader, { nil: undefined }),
  watchId: anyInt64,
  created: fc.boolean(),
  canceled: fc.boolean(),
  compactRevision: anyInt64,
  cancelReason: fc.string({ unit: "grapheme", maxLength: 40 }),
  fragment: fc.boolean(),
  events: fc.array(anyEvent, { maxLength: 5 }),
});
