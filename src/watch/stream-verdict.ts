import type { RpcError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";

export type StreamVerdict =
  /** Open it again, with the next endpoint. */
  | "retry"
  /** No retry can cure it: end its watches. */
  | "end"
  /** As "retry", but end once every endpoint has said the same. */
  | "retry-elsewhere"
  /** An answer was larger than we take: ask for it in fragments. */
  | "too-large";

/** grpc-js's words for a message over `maxReceiveBytes`. A server's own RESOURCE_EXHAUSTED says something else. */
const OWN_RECEIVE_LIMIT = "Received message larger than max";

const AUTH_HICCUPS: readonly string[] = [serverErrors.authOldRevision.message, serverErrors.userEmpty.message];

/**
 * What to do when a Watch stream has ended. To retry is the rule, to end the exception: clientv3 ends every watch of a stream on
 * thirteen of these codes, a clean end and a proxy's hiccup among them.
 */
export function streamVerdict({ code, details }: Pick<RpcError, "code" | "details">): StreamVerdict {
  switch (code) {
    case "OK":
    case "CANCELLED":
    case "UNKNOWN":
    case "DEADLINE_EXCEEDED":
    case "NOT_FOUND":
    case "ALREADY_EXISTS":
    case "ABORTED":
    case "OUT_OF_RANGE":
    case "INTERNAL":
    case "UNAVAILABLE":
      return "retry";
    case "RESOURCE_EXHAUSTED":
      return details.startsWith(OWN_RECEIVE_LIMIT) ? "too-large" : "retry";
    case "FAILED_PRECONDITION":
      return "retry-elsewhere";
    case "INVALID_ARGUMENT":
      return AUTH_HICCUPS.includes(details) ? "retry" : "end";
    case "PERMISSION_DENIED":
    case "UNIMPLEMENTED":
    case "DATA_LOSS":
    case "UNAUTHENTICATED":
      return "end";
    default: {
      const unreachable: never = code;
      return unreachable;
    }
  }
}
