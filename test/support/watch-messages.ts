import { type Event as WireEvent, Event_EventType } from "../../src/gen/kv.ts";
import { ResponseHeader, WatchResponse } from "../../src/gen/rpc.ts";

/** The fields of a WatchResponse that a test cares for. */
export interface ResponseFields {
  readonly watchId?: bigint;
  /** The header's revision. 0: the header is left out. Default: the last event's, else 1. */
  readonly revision?: bigint;
  /** Default 1. */
  readonly clusterId?: bigint;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: bigint;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}

/** A put as a server sends it: of a new key, unless `createRevision` says otherwise. */
export function put(
  key: string,
  modRevision: bigint,
  fields: { value?: string; createRevision?: bigint; prevValue?: string } = {},
): WireEvent {
  const { value = `value at ${String(modRevision)}`, createRevision = modRevision, prevValue } = fields;
  const prevKv = prevValue === undefined ? undefined : keyValue(key, { modRevision: modRevision - 1n, createRevision, value: prevValue });
  return { type: Event_EventType.PUT, kv: keyValue(key, { modRevision, createRevision, value }), prevKv };
}

export function remove(key: string, modRevision: bigint): WireEvent {
  return {
    type: Event_EventType.DELETE,
    kv: { ...keyValue(key, { modRevision, createRevision: 0n, value: "" }), version: 0n },
    prevKv: undefined,
  };
}

/** An event of a type that came after us. */
export function unheardOf(key: string, modRevision: bigint): WireEvent {
  return { ...put(key, modRevision), type: 7 as WireEvent["type"] };
}

export function responseBytes({ revision, clusterId = 1n, events = [], ...fields }: ResponseFields): Buffer {
  const headerRevision = revision ?? events.at(-1)?.kv?.modRevision ?? 1n;
  const header =
    headerRevision === 0n ? undefined : ResponseHeader.fromPartial({ clusterId, memberId: 2n, revision: headerRevision, raftTerm: 3n });
  const message: WatchResponse = {
    watchId: 0n,
    created: false,
    canceled: false,
    compactRevision: 0n,
    cancelReason: "",
    fragment: false,
    ...fields,
    header,
    events: [...events],
  };
  return Buffer.from(WatchResponse.encode(message).finish());
}

function keyValue(key: string, { modRevision, createRevision, value }: { modRevision: bigint; createRevision: bigint; value: string }) {
  return { key: Buffer.from(key), value: Buffer.from(value), createRevision, modRevision, version: 1n, lease: 0n };
}
