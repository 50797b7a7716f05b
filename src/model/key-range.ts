import { compareBytes, NO_BYTES } from "../util/bytes.ts";
import { showValue } from "../util/option-check.ts";

/** A key of etcd: bytes. A string is UTF-8. */
export type Key = string | Uint8Array;

/** A range as it stands on the wire: no `rangeEnd` is the one key, `rangeEnd` 0x00 is every key from `key` on, else `rangeEnd` is exclusive. */
export interface KeyRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}

/** Makes a range of a key. One of the three at most; with none, it is the one key. */
export interface KeyRangeOptions {
  /** Every key that starts with `key`. */
  readonly prefix?: boolean | undefined;
  /** Every key from `key` up to this one, which is left out. */
  readonly rangeEnd?: Key | undefined;
  /** Every key from `key` on. */
  readonly fromKey?: boolean | undefined;
}

const ZERO = Buffer.from([0]);

/**
 * The range that a key and its options mean, as clientv3 (op.go: WithPrefix, WithRange, WithFromKey).
 * @throws {TypeError} if two of `prefix`, `rangeEnd` and `fromKey` are given, or the key is neither a string nor bytes
 */
export function keyRange(key: Key, { prefix = false, rangeEnd, fromKey = false }: KeyRangeOptions = {}): KeyRange {
  const given = [prefix && "prefix", rangeEnd !== undefined && "rangeEnd", fromKey && "fromKey"].filter((name) => name !== false);
  if (given.length > 1) throw new TypeError(`Only one of prefix, rangeEnd and fromKey can be used, got ${given.join(" and ")}`);
  const bytes = keyBytes(key, "key");
  if (rangeEnd !== undefined) return { key: bytes, rangeEnd: keyBytes(rangeEnd, "rangeEnd") };
  if (!prefix && !fromKey) return { key: bytes, rangeEnd: NO_BYTES };
  if (bytes.length === 0) return { key: ZERO, rangeEnd: ZERO };
  return { key: bytes, rangeEnd: fromKey ? ZERO : prefixEnd(bytes) };
}

/** The smallest key above every key with this prefix; 0x00, the open end, if there is none. */
export function prefixEnd(prefix: Uint8Array): Buffer {
  for (let index = prefix.length - 1; index >= 0; index--) {
    const byte = prefix[index] ?? 0;
    if (byte < 0xff) {
      const end = Buffer.from(prefix.subarray(0, index + 1));
      end[index] = byte + 1;
      return end;
    }
  }
  return ZERO;
}

/** The key that comes right after: nothing lies between the two. */
export function successorOf(key: Uint8Array): Buffer {
  return Buffer.concat([key, ZERO]);
}

/** Whether the range means every key from its first on. */
export function isOpenEnded(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}

/** Whether a key lies in the range. */
export function contains(range: KeyRange, key: Uint8Array): boolean {
  const order = compareBytes(key, range.key);
  if (range.rangeEnd.length === 0) return order === 0;
  return order >= 0 && (isOpenEnded(range.rangeEnd) || compareBytes(key, range.rangeEnd) < 0);
}

/** @throws {TypeError} if it is neither a string nor bytes */
export function keyBytes(key: Key, name: string): Buffer {
  // A caller without types may pass anything; a number as key must not become "[object Object]" on the server.
  if (typeof key !== "string" && !((key as unknown) instanceof Uint8Array))
    throw new TypeError(`${name} must be a string or a Uint8Array, got ${showValue(key)}`);
  return Buffer.from(key); // a copy: the caller may use its bytes for something else, and a watch sends its key again at each reconnect
}
