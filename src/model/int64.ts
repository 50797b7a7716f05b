/**
 * An int64 as it is held until somebody asks for it: a number where the decoder reads one without bigints (from 0 up to 49 bits), which is
 * cheaper to make, to compare and to count on; else a bigint. Each value has one form, so `===` and a Map work, and `<` always does.
 */
export type Int64 = number | bigint;

/** As the public face has it. */
export function asBigInt(value: Int64): bigint {
  return value === 0 ? 0n : BigInt(value);
}

/** As the decoder would hold it. */
export function asInt64(value: bigint): Int64 {
  return value >= 0n && value < FIRST_BIGINT ? Number(value) : value;
}

/** The one after it. */
export function successor(value: Int64): Int64 {
  return typeof value === "number" && value < LARGEST_NUMBER ? value + 1 : asInt64(BigInt(value) + 1n);
}

/** What the decoder reads without bigints: seven bytes of a varint. */
const FIRST_BIGINT = 2n ** 49n;
const LARGEST_NUMBER = 2 ** 49 - 1;
