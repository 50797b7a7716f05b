import type { DeleteRangeRequest } from "../gen/rpc.ts";
import { keyRange, type Key, type KeyRangeOptions } from "../model/key-range.ts";
import type { OptionKinds } from "../util/option-check.ts";
import { keyRangeOptionKinds } from "./range-request.ts";

/** What a delete takes, and what it tells. */
export interface DeleteRequestOptions extends KeyRangeOptions {
  /** Answer with the deleted keys as they were. */
  readonly prevKv?: boolean | undefined;
}

export const deleteOptionKinds: OptionKinds<DeleteRequestOptions> = { ...keyRangeOptionKinds, prevKv: "flag" };

/** @throws {TypeError} for a key or an option that etcd cannot take */
export function deleteRequest(key: Key, options: DeleteRequestOptions): DeleteRangeRequest {
  return { ...keyRange(key, options), prevKv: options.prevKv ?? false };
}
