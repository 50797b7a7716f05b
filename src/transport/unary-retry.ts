import type { RpcError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";

/** What grpc-js says of a call that found no connection to be sent on. */
const NEVER_SENT = ["No connection established", "Channel closed before call started", "Name resolution failed"];

/** What grpc-js says of a call whose connection ended by GOAWAY with ENHANCE_YOUR_CALM: too many pings, of which the call knows nothing. */
const ENHANCE_YOUR_CALM = "Bandwidth exhausted or memory limit exceeded";

/**
 * Whether a failed unary call may be sent again. A write whose answer was lost may have been done, so it is sent again only when it
 * certainly never left (clientv3/retry.go: isSafeRetryMutableRPC); a read, whenever another try may do better.
 */
export function mayRetryUnary(error: RpcError, { repeatable }: { repeatable: boolean }): boolean {
  if (error.code !== "UNAVAILABLE") return repeatable && error.details === ENHANCE_YOUR_CALM;
  return repeatable || NEVER_SENT.some((text) => error.details.startsWith(text));
}

/** A learner does little else than to learn: another member is to be asked, and nothing has been done. UNAVAILABLE before etcd 3.6. */
export function isRefusedByLearner({ details }: Pick<RpcError, "details">): boolean {
  return details === serverErrors.notSupportedForLearner.message;
}
