/**
 * A key as a Map can have it: one character a byte. (Not its UTF-8 text, in which two keys that are no UTF-8 would be one.)
 * Sorts as etcd sorts keys.
 */
export type KeyId = string;

export function keyId(key: Uint8Array): KeyId {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
