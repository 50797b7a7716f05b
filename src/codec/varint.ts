import { asInt64, type Int64 } from "../model/int64.ts";

/** Thrown, and caught, inside the codec: these bytes are not a watch response in its plain form. It carries nothing. */
export const NOT_PLAIN = new Error("Not the plain form of a watch response");

/**
 * The position after the varint that `longVarint()` read last. A second result without an object: the callers, one loop for each message,
 * read it at once.
 */
export let positionAfter = 0;

/**
 * The varint at `position`, of which the caller has seen that it is longer than one byte. Up to 49 bits come as a number; the rest as a
 * bigint, two's complement over 64 bits as protobuf's int64 is.
 *
 * @throws {NOT_PLAIN} if it does not end within ten bytes, or within `bytes`
 */
export function longVarint(bytes: Uint8Array, position: number): Int64 {
  let low = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = byteAt(bytes, position++);
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      positionAfter = position;
      return low;
    }
  }
  let high = 0; // bits 28 to 48
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = byteAt(bytes, position++);
    high |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      positionAfter = position;
      return low + high * 0x1000_0000;
    }
  }
  let top = 0; // bits 49 to 69, of which 49 to 63 count
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = byteAt(bytes, position++);
    top |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      positionAfter = position;
      // A number after all, if somebody wrote it longer than it is.
      return asInt64(BigInt.asIntN(64, (BigInt(top) << 49n) | BigInt(low + high * 0x1000_0000)));
    }
  }
  throw NOT_PLAIN;
}

/** Beyond the end there is a byte that never ends a varint. */
function byteAt(bytes: Uint8Array, position: number): number {
  const byte = bytes[position];
  if (byte === undefined) throw NOT_PLAIN;
  return byte;
}
