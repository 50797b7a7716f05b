import type { PutRequest } from "../gen/rpc.ts";
import { keyBytes, type Key } from "../model/key-range.ts";
import { toInt64 } from "../model/revision.ts";
import { showValue, type OptionKinds } from "../util/option-check.ts";

/** A value of etcd: bytes. A string is UTF-8. */
export type Value = string | Uint8Array;

/** How a value is written. */
export interface PutRequestOptions {
  /** Hang the key on this lease: it goes when the lease goes. Default 0: the key is on no lease, and leaves the one that it was on. */
  readonly lease?: bigint | number | undefined;
  /** Answer with the key as it was before. */
  readonly prevKv?: boolean | undefined;
  /** Keep the value that the key has, which must exist; the value given must be empty. */
  readonly ignoreValue?: boolean | undefined;
  /** Keep the lease that the key has, which must exist. */
  readonly ignoreLease?: boolean | undefined;
}

export const putOptionKinds: OptionKinds<PutRequestOptions> = {
  lease: "value",
  prevKv: "flag",
  ignoreValue: "flag",
  ignoreLease: "flag",
};

/** @throws {TypeError | RangeError} for a key, a value or an option that etcd cannot take */
export function putRequest(key: Key, value: Value, options: PutRequestOptions): PutRequest {
  const { prevKv = false, ignoreValue = false, ignoreLease = false, lease: leaseId = 0n } = options;
  const bytes = keyBytes(value, "value");
  const lease = toInt64(leaseId, "lease");
  if (ignoreValue && bytes.length > 0) throw new TypeError(`The value must be empty with ignoreValue, got ${showValue(value)}`);
  if (ignoreLease && lease !== 0n) throw new TypeError(`lease and ignoreLease cannot be used together, got lease ${String(lease)}`);
  return { key: keyBytes(key, "key"), value: bytes, lease, prevKv, ignoreValue, ignoreLease };
}
