import type { Int64 } from "../model/int64.ts";
import { KeyValue } from "../model/key-value.ts";
import { DeleteEvent, PutEvent, type WatchEvent } from "../model/watch-event.ts";
import { longVarint, NOT_PLAIN, positionAfter } from "./varint.ts";

// Tags of the fields, (number << 3) | wire type, as kv.proto has them.
const EVENT_TYPE = 8;
const EVENT_KV = 18;
const EVENT_PREV_KV = 26;
const KV_KEY = 10;
const KV_CREATE_REVISION = 16;
const KV_MOD_REVISION = 24;
const KV_VERSION = 32;
const KV_VALUE = 42;
const KV_LEASE = 48;

/** The `modRevision` of the event that was decoded last, of an unknown type too: a second result of `decodeEvent()`. */
export let eventModRevision: Int64 = 0;

/** The `modRevision` of the key that was decoded last. */
let keyModRevision: Int64 = 0;

/**
 * The event in `bytes` from `position` to `end`. Undefined if its type is not known, so that a reader could not tell what it means.
 *
 * Every length and varint is checked in this one pass, so that no getter can throw later. A byte beyond the end of the buffer is
 * undefined, which is not below 0x80 and ends in `longVarint()`; one beyond the end of the event is seen when the loop ends elsewhere.
 *
 * @throws {NOT_PLAIN} if a field is not known here, has another type than its own, or does not fit; or if the event has no key
 */
export function decodeEvent(bytes: Buffer, position: number, end: number): WatchEvent | undefined {
  let type: Int64 = 0;
  let kv: KeyValue | undefined;
  let prevKv: KeyValue | undefined;
  let modRevision: Int64 = 0;
  while (position < end) {
    const tag = bytes[position++];
    let number = bytes[position++] as Int64;
    if (!(number < 0x80)) {
      number = longVarint(bytes, position - 1);
      position = positionAfter;
    }
    if (tag === EVENT_TYPE) {
      // An enum is an int32: of a longer number, below 0 or not, the lower 32 bits count.
      type = number === 0 || number === 1 ? number : Number(BigInt.asIntN(32, BigInt(number)));
      continue;
    }
    const start = position;
    if (typeof number !== "number") throw NOT_PLAIN;
    position += number;
    if (position > end) throw NOT_PLAIN;
    if (tag === EVENT_KV) {
      kv = decodeKeyValue(bytes, start, position);
      modRevision = keyModRevision;
    } else if (tag === EVENT_PREV_KV) prevKv = decodeKeyValue(bytes, start, position);
    else throw NOT_PLAIN;
  }
  if (position !== end || kv === undefined) throw NOT_PLAIN;
  eventModRevision = modRevision;
  if (type === 0) return new PutEvent(kv, prevKv);
  if (type === 1) return new DeleteEvent(kv, prevKv);
  return undefined;
}

function decodeKeyValue(bytes: Buffer, position: number, end: number): KeyValue {
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = 0;
  let valueEnd = 0;
  let createRevision: Int64 = 0;
  let modRevision: Int64 = 0;
  let version: Int64 = 0;
  let lease: Int64 = 0;
  while (position < end) {
    const tag = bytes[position++];
    let number = bytes[position++] as Int64;
    if (!(number < 0x80)) {
      number = longVarint(bytes, position - 1);
      position = positionAfter;
    }
    switch (tag) {
      case KV_KEY:
        keyStart = position;
        if (typeof number !== "number") throw NOT_PLAIN;
        keyEnd = position += number;
        if (position > end) throw NOT_PLAIN;
        break;
      case KV_CREATE_REVISION:
        createRevision = number;
        break;
      case KV_MOD_REVISION:
        modRevision = number;
        break;
      case KV_VERSION:
        version = number;
        break;
      case KV_VALUE:
        valueStart = position;
        if (typeof number !== "number") throw NOT_PLAIN;
        valueEnd = position += number;
        if (position > end) throw NOT_PLAIN;
        break;
      case KV_LEASE:
        lease = number;
        break;
      default:
        throw NOT_PLAIN;
    }
  }
  if (position !== end) throw NOT_PLAIN;
  keyModRevision = modRevision;
  return new KeyValue(bytes, keyStart, keyEnd, valueStart, valueEnd, createRevision, modRevision, version, lease);
}
