import { showValue } from "../util/option-check.ts";

/** A revision of etcd's store. 64 bits wide, hence a bigint. */
export type Revision = bigint;

const LARGEST = 2n ** 63n - 1n;

/**
 * A revision as a caller may write it: a bigint from 0 to 2^63-1, or a number that is a safe integer.
 * @throws {RangeError} for anything else, naming the option and the value
 */
export function toRevision(value: bigint | number, name: string): Revision {
  return toInt64(value, name, 0n);
}

/** As `toRevision`, from `least` on: lease ids may be negative. */
export function toInt64(value: bigint | number, name: string, least = -(2n ** 63n)): bigint {
  if (typeof value === "bigint" ? value >= least && value <= LARGEST : Number.isSafeInteger(value) && BigInt(value) >= least)
    return BigInt(value);
  throw new RangeError(
    `${name} must be a bigint from ${String(least)} to 2^63-1, or a safe integer in that range, got ${showValue(value)}`,
  );
}
