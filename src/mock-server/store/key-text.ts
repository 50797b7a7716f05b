import { isOpenEnded } from "../../model/key-range.ts";
import { asBuffer } from "../../util/bytes.ts";

/** The bytes of a key, one character each: such strings compare as etcd compares bytes, and a Map finds them by value. */
export type KeyText = string;

export function keyText(bytes: Uint8Array): KeyText {
  return asBuffer(bytes).toString("latin1");
}

/** Keys from `begin` on and below `end`; without an `end`, all of them. */
export interface KeyInterval {
  readonly begin: KeyText;
  readonly end: KeyText | undefined;
}

/** One key, or the keys of an interval. etcd keeps the two apart, and so do its watchers. */
export type KeySpan = ({ readonly kind: "key" } & { readonly key: KeyText }) | ({ readonly kind: "interval" } & KeyInterval);

/** What `key` and `rangeEnd` of a request mean. */
export function keySpan(key: Uint8Array, rangeEnd: Uint8Array): KeySpan {
  if (rangeEnd.length === 0) return { kind: "key", key: keyText(key) };
  return { kind: "interval", begin: keyText(key), end: isOpenEnded(rangeEnd) ? undefined : keyText(rangeEnd) };
}

/** Whether the interval holds the key. An interval that ends before it begins holds none. */
export function intervalHolds({ begin, end }: KeyInterval, key: KeyText): boolean {
  return begin <= key && (end === undefined || key < end);
}

export function spanHolds(span: KeySpan, key: KeyText): boolean {
  return span.kind === "key" ? span.key === key : intervalHolds(span, key);
}
