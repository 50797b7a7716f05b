import { ProtocolError } from "../errors/etcd-error.ts";
import { type Event as WireEvent, Event_EventType, type KeyValue as WireKeyValue } from "../gen/kv.ts";
import { WatchResponse as WireWatchResponse } from "../gen/rpc.ts";
import { KeyValue } from "../model/key-value.ts";
import { ResponseHeader } from "../model/response-header.ts";
import type { Revision } from "../model/revision.ts";
import { DeleteEvent, PutEvent, type WatchEvent } from "../model/watch-event.ts";

/** One message of a Watch stream, decoded and checked. */
export interface WatchMessage {
  readonly header: ResponseHeader;
  readonly watchId: bigint;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: Revision;
  readonly cancelReason: string;
  /** More pieces of the same answer follow. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
  /** The revision of the last event, one of a type that we do not know included. 0 without events. */
  readonly lastRevision: Revision;
  readonly byteLength: number;
}

/**
 * Keys and values are views into `bytes`.
 * @throws {ProtocolError} if the bytes are no watch response
 */
export function decodeWatchMessage(bytes: Buffer): WatchMessage {
  const wire = decodeWire(bytes);
  const events: WatchEvent[] = [];
  for (const event of wire.events) {
    const decoded = toEvent(event);
    if (decoded !== undefined) events.push(decoded);
  }
  const { watchId, created, canceled, compactRevision, cancelReason, fragment } = wire;
  return {
    header: ResponseHeader.from(wire.header),
    watchId,
    created,
    canceled,
    compactRevision,
    cancelReason,
    fragment,
    events,
    lastRevision: wire.events.at(-1)?.kv?.modRevision ?? 0n,
    byteLength: bytes.length,
  };
}

function decodeWire(bytes: Buffer): WireWatchResponse {
  try {
    return WireWatchResponse.decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`A message of ${String(bytes.length)} bytes on the watch stream is no watch response`, { cause });
  }
}

/** An event of a type that is not known yet is left out; the reader could not tell what it means. */
function toEvent(event: WireEvent): WatchEvent | undefined {
  if (event.kv === undefined) throw new ProtocolError("A watch event came without its key");
  const kv = toKeyValue(event.kv);
  const prevKv = event.prevKv === undefined ? undefined : toKeyValue(event.prevKv);
  switch (event.type) {
    case Event_EventType.PUT:
      return new PutEvent(kv, prevKv);
    case Event_EventType.DELETE:
      return new DeleteEvent(kv, prevKv);
    default:
      return undefined;
  }
}

function toKeyValue(kv: WireKeyValue): KeyValue {
  return new KeyValue(kv);
}
