import { ProtocolError } from "../errors/etcd-error.ts";
import { WatchResponse as WireWatchResponse } from "../gen/rpc.ts";
import type { Int64 } from "../model/int64.ts";
import { ResponseHeader } from "../model/response-header.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { decodeEvent, eventModRevision } from "./event-decoder.ts";
import { decodeHeader } from "./header-decoder.ts";
import { longVarint, NOT_PLAIN, positionAfter } from "./varint.ts";

// Tags of the fields, (number << 3) | wire type, as rpc.proto has them.
const HEADER = 10;
const WATCH_ID = 16;
const CREATED = 24;
const CANCELED = 32;
const COMPACT_REVISION = 40;
const CANCEL_REASON = 50;
const FRAGMENT = 56;
const EVENTS = 90;

/** One message of a Watch stream, decoded and checked. */
export interface WatchMessage {
  readonly header: ResponseHeader;
  readonly watchId: Int64;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Of a watch that a compaction has ended: the oldest revision that is kept. 0 otherwise. */
  readonly compactRevision: Int64;
  readonly cancelReason: string;
  /** More pieces of the same answer follow. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
  /** The revision of the last event, one of a type that we do not know included. 0 without events. */
  readonly lastRevision: Int64;
  readonly byteLength: number;
  /** What is wrong with its events, as far as that concerns no more than the watch that they are for. */
  readonly fault: string | undefined;
}

/**
 * Keys and values are views into `bytes`.
 *
 * What etcd sends is read in one pass by hand. Anything else (unknown fields, odd forms, damage) is for the generated codec to judge,
 * whose word is final: what it makes of the bytes is written anew in the plain form, and that is read.
 *
 * @throws {ProtocolError} if the bytes are no watch response
 */
export function decodeWatchMessage(bytes: Buffer): WatchMessage {
  try {
    return decodePlain(bytes, bytes.length);
  } catch (error) {
    if (error !== NOT_PLAIN) throw error;
    const { plain, fault } = inPlainForm(bytes);
    const message = decodePlain(plain, bytes.length);
    return { ...message, fault: fault ?? message.fault };
  }
}

/** @throws {NOT_PLAIN} */
function decodePlain(bytes: Buffer, byteLength: number): WatchMessage {
  const end = bytes.length;
  let position = 0;
  let header = NO_HEADER;
  let watchId: Int64 = 0;
  let created = false;
  let canceled = false;
  let compactRevision: Int64 = 0;
  let cancelReason = "";
  let fragment = false;
  let lastRevision: Int64 = 0;
  let fault: string | undefined;
  let events: WatchEvent[] | undefined;
  while (position < end) {
    const tag = bytes[position++];
    let number = bytes[position++] as Int64;
    if (!(number < 0x80)) {
      number = longVarint(bytes, position - 1);
      position = positionAfter;
    }
    switch (tag) {
      case WATCH_ID:
        watchId = number;
        break;
      case CREATED:
        created = number !== 0;
        break;
      case CANCELED:
        canceled = number !== 0;
        break;
      case COMPACT_REVISION:
        compactRevision = number;
        break;
      case FRAGMENT:
        fragment = number !== 0;
        break;
      default: {
        const start = position;
        if (typeof number !== "number") throw NOT_PLAIN;
        position += number;
        if (position > end) throw NOT_PLAIN;
        if (tag === EVENTS) {
          const event = decodeEvent(bytes, start, position);
          if (eventModRevision <= 0 || eventModRevision < lastRevision)
            fault = `An event of revision ${String(eventModRevision)} came after one of ${String(lastRevision)} in one watch response`;
          lastRevision = eventModRevision;
          if (event === undefined) continue;
          if (events === undefined)
            events = [event]; // room for one: a first push would make room for 17
          else events.push(event);
        } else if (tag === HEADER) header = decodeHeader(bytes, start, position);
        else if (tag === CANCEL_REASON) cancelReason = bytes.toString("utf8", start, position);
        else throw NOT_PLAIN;
      }
    }
  }
  if (position !== end) throw NOT_PLAIN;
  return {
    header,
    watchId,
    created,
    canceled,
    compactRevision,
    cancelReason,
    fragment,
    events: events ?? [],
    lastRevision,
    byteLength,
    fault,
  };
}

function inPlainForm(bytes: Buffer): { readonly plain: Buffer; readonly fault: string | undefined } {
  let message: WireWatchResponse;
  try {
    message = WireWatchResponse.decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`A message of ${String(bytes.length)} bytes on the watch stream is no watch response`, { cause });
  }
  const events = message.events.filter(({ kv }) => kv !== undefined);
  const fault = events.length < message.events.length ? "A watch event came without its key" : undefined;
  return { plain: Buffer.from(WireWatchResponse.encode({ ...message, events }).finish()), fault };
}

const NO_HEADER = ResponseHeader.from(undefined);
