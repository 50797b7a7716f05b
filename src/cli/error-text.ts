import { isCompactedError, isLeaseExpiredError, isRpcError, isWatchCanceledError } from "../index.ts";

const COMPACTED = "etcdserver: mvcc: required revision has been compacted";

/** An error in etcd's own words where it has any, as etcdctl prints it. */
export function errorText(error: unknown): string {
  if (isRpcError(error)) return error.details;
  if (isCompactedError(error)) return COMPACTED;
  if (isWatchCanceledError(error)) return error.reason;
  if (isLeaseExpiredError(error)) return "etcdserver: requested lease not found";
  return error instanceof Error ? error.message : String(error);
}
