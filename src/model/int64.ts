/** An int64 as it is held until somebody asks for it: a number if that is exact, which is cheaper, else a bigint. */
export type Int64 = number | bigint;

/** As the public face has it. */
export function asBigInt(value: Int64): bigint {
  return value === 0 ? 0n : BigInt(value);
}

/** As the decoder would hold it, so that two that are equal look equal. */
export function asInt64(value: bigint): Int64 {
  return value >= 0n && value < MAX_NUMBER ? Number(value) : value;
}

/** What the decoder reads without bigints: seven bytes of a varint. */
const MAX_NUMBER = 2n ** 49n;
