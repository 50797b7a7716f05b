import { CompactedError, isCompactedError, RpcError, WatchCanceledError } from "../errors/etcd-error.ts";
import { GrpcStatus, type GrpcStatusName } from "../errors/grpc-status.ts";
import { serverErrors } from "../errors/server-errors.ts";
import { asBigInt, type Int64 } from "../model/int64.ts";
import type { ResponseHeader } from "../model/response-header.ts";
import type { Revision } from "../model/revision.ts";
import { isTokenRefusal } from "../transport/auth-token.ts";

/** Go's status text: `rpc error: code = PermissionDenied desc = etcdserver: permission denied`. */
const STATUS_TEXT = /^rpc error: code = (\w+) desc = /;

/** The gRPC code that a cancel reason names; UNKNOWN if it names none. */
export function codeOfReason(reason: string): GrpcStatusName {
  const name = STATUS_TEXT.exec(reason)?.[1];
  if (name === undefined) return "UNKNOWN";
  // Go writes PermissionDenied for PERMISSION_DENIED, and Canceled for CANCELLED.
  const code = name === "Canceled" ? "CANCELLED" : name.replace(/(?<!^)([A-Z])/g, "_$1").toUpperCase();
  return code in GrpcStatus ? (code as GrpcStatusName) : "UNKNOWN";
}

/**
 * The refusal of a create that is no word about the watch, but about who asks: another token cures it, on another stream. Undefined for
 * any other reason, and without a token of ours, unless permissions were just being changed.
 */
export function tokenRefusal(cancelReason: string, { hasToken }: { readonly hasToken: boolean }): RpcError | undefined {
  const refusal = { code: codeOfReason(cancelReason), details: cancelReason.replace(STATUS_TEXT, "") };
  const isCurable = refusal.details === serverErrors.authOldRevision.message || (hasToken && isTokenRefusal(refusal));
  return isCurable ? new RpcError({ ...refusal, path: "/etcdserverpb.Watch/Watch" }) : undefined;
}

/**
 * Whether what a watch was cancelled for can pass. Two things that etcd's grpc-proxy says: that it has no server just now; and that the
 * history is compacted, of the watch that it serves several with, while this one needs nothing of what is gone.
 */
export function mayPass(error: CompactedError | WatchCanceledError, nextRevision: Int64): boolean {
  if (isCompactedError(error)) return error.compactRevision !== undefined && nextRevision >= error.compactRevision;
  return error.code === "UNAVAILABLE";
}

/** Why the server ended a watch, as an error. */
export function cancelError({
  watchId,
  cancelReason,
  compactRevision,
  requestedRevision,
  header,
  key,
}: {
  watchId: Int64;
  cancelReason: string;
  compactRevision: Int64;
  requestedRevision: Revision;
  header?: ResponseHeader;
  key: string;
}): CompactedError | WatchCanceledError {
  if (compactRevision !== 0) return new CompactedError({ requestedRevision, compactRevision: asBigInt(compactRevision), header });
  if (cancelReason === serverErrors.compacted.message) return new CompactedError({ requestedRevision, header });
  return new WatchCanceledError({ watchId: asBigInt(watchId), reason: cancelReason, code: codeOfReason(cancelReason), key });
}
