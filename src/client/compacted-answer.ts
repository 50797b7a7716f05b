import { CompactedError, isRpcError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";
import type { Revision } from "../model/revision.ts";

/** Settles as `answer` does, but a status with which etcd says "compacted" becomes a `CompactedError`. */
export async function compactedAnswer<T>(answer: Promise<T>, requestedRevision: Revision): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { code, message } = serverErrors.compacted;
    if (isRpcError(error) && error.code === code && error.details.includes(message))
      throw new CompactedError({ requestedRevision, cause: error });
    throw error;
  }
}
