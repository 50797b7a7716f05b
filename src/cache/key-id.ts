import type { KeyValue } from "../model/key-value.ts";

/**
 * A key as a Map can have it: one character a byte. (Not its UTF-8 text, in which two keys that are no UTF-8 would be one.)
 * Sorts as etcd sorts keys.
 */
export type KeyId = string;

export function keyId(key: Uint8Array): KeyId {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

const BEYOND_ASCII = /[^\0-\x7f]/;

/** The same of a key that is cached. Its bytes are not looked at if its text says it all: that would make a view, which stays with it. */
export function cachedId(kv: KeyValue): KeyId {
  const { keyText } = kv;
  return BEYOND_ASCII.test(keyText) ? keyId(kv.key) : keyText;
}

/** The key's UTF-8 text. */
export function keyTextOf(id: KeyId): string {
  return BEYOND_ASCII.test(id) ? Buffer.from(id, "latin1").toString() : id;
}
