import { isOpenEnded, type Key, keyBytes, type KeyRange, prefixEnd } from "./key-range.ts";
import { KeyValue } from "./key-value.ts";
import type { WatchEvent } from "./watch-event.ts";
import { DeleteEvent, PutEvent } from "./watch-event.ts";

/**
 * A prefix that is put before every key on its way to the server and taken off on its way back, so that whoever uses it has a key space
 * of his own. (etcd: client/v3/namespace.)
 */
export class Namespace {
  readonly #prefix: Buffer;

  /** @throws {TypeError} if it is neither a string nor bytes, or empty */
  constructor(prefix: Key) {
    this.#prefix = keyBytes(prefix, "namespace");
    if (this.#prefix.length === 0) throw new TypeError("namespace must not be empty; leave it out to see every key");
  }

  /** A key as the server has it. An empty one stays empty, so that the server refuses it, as it does without a namespace. */
  key(key: Uint8Array): Buffer {
    return key.length === 0 ? Buffer.alloc(0) : Buffer.concat([this.#prefix, key]);
  }

  /** A range as the server has it: one without an end ends where the namespace ends. */
  range({ key, rangeEnd }: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): KeyRange {
    return { key: this.key(key), rangeEnd: this.#end(rangeEnd) };
  }

  /** The range of a watch: there an empty key is the first one that there can be. */
  watchRange({ key, rangeEnd }: KeyRange): KeyRange {
    return { key: Buffer.concat([this.#prefix, key.length === 0 ? FIRST_KEY : key]), rangeEnd: this.#end(rangeEnd) };
  }

  has(key: Uint8Array): boolean {
    return this.#prefix.equals(key.subarray(0, this.#prefix.length));
  }

  /** A key as the user has it. */
  without(key: Uint8Array): Uint8Array {
    return key.subarray(this.#prefix.length);
  }

  /** An event as the user has it. */
  event(event: WatchEvent): WatchEvent {
    const kv = this.#keyValue(event.kv);
    const prevKv = event.prevKv && this.#keyValue(event.prevKv);
    return event.type === "put" ? new PutEvent(kv, prevKv) : new DeleteEvent(kv, prevKv);
  }

  #keyValue({ key, value, createRevision, modRevision, version, lease }: KeyValue): KeyValue {
    return KeyValue.from({ key: this.without(key), value, createRevision, modRevision, version, lease });
  }

  #end(rangeEnd: Uint8Array): Buffer {
    if (rangeEnd.length === 0) return Buffer.alloc(0);
    return isOpenEnded(rangeEnd) ? prefixEnd(this.#prefix) : Buffer.concat([this.#prefix, rangeEnd]);
  }
}

const FIRST_KEY = Buffer.from([0]);
