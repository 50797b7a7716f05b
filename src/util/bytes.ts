export const NO_BYTES = Buffer.alloc(0);

/** The Buffer over the same memory: nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** etcd orders keys bytewise. Negative, zero or positive, as a sort wants it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** A string is UTF-8. Bytes are used as they are, not copied. */
export function toBytes(value: string | Uint8Array): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : asBuffer(value);
}
