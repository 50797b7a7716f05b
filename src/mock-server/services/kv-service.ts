import { serverErrors } from "../../errors/server-errors.ts";
import type { KVDefinition, ResponseHeader } from "../../gen/rpc.ts";
import { RefusedError } from "../refused-error.ts";
import type { ServerState } from "../server-state.ts";
import { applyDeleteRange, applyPut } from "../store/key-writes.ts";
import { queryRange } from "../store/range-query.ts";
import { applyPlan, checkPlan, isReadOnly, planTxn } from "../store/txn.ts";
import { checkDeleteRange, checkPutRequest, checkRange, checkTxn } from "./request-checks.ts";
import type { Handlers } from "./service-handlers.ts";
import { checkOverlap } from "./txn-overlap.ts";

/** What etcd's log entry adds to a request: its id, and a tag and length for either. */
const LOG_ENTRY_BYTES = 19;

export function kvService({ store, leases, authorizer, identity, behaviour, limits }: ServerState): Handlers<typeof KVDefinition> {
  const { mvcc } = store;
  const filled = <A extends { header: ResponseHeader | undefined }>(response: A): A => ({
    ...response,
    header: identity.header(response.header?.revision ?? mvcc.revision),
  });
  const checkSize = (sizeBytes: number): void => {
    if (sizeBytes + LOG_ENTRY_BYTES > limits.maxRequestBytes) throw new RefusedError(serverErrors.requestTooLarge);
  };
  return {
    range(request, { metadata }) {
      checkRange(request);
      authorizer.read(metadata, request.key, request.rangeEnd);
      return filled(queryRange(mvcc, request));
    },
    put(request, { metadata, sizeBytes }) {
      checkPutRequest(request);
      checkSize(sizeBytes);
      authorizer.put(metadata, request);
      if (request.lease !== 0n && !leases.has(request.lease)) throw new RefusedError(serverErrors.leaseNotFound);
      return filled(mvcc.write((txn) => applyPut(txn, request)));
    },
    deleteRange(request, { metadata, sizeBytes }) {
      checkDeleteRange(request);
      checkSize(sizeBytes);
      authorizer.deleteRange(metadata, request);
      return filled(mvcc.write((txn) => applyDeleteRange(txn, request)));
    },
    txn(request, { metadata, sizeBytes }) {
      checkTxn(request, limits.maxTxnOps);
      checkOverlap(request.success);
      checkOverlap(request.failure);
      if (!isReadOnly(request)) checkSize(sizeBytes);
      authorizer.txn(metadata, request);
      const plan = planTxn(mvcc, request);
      checkPlan(mvcc, leases, plan);
      return filled(mvcc.write((txn) => applyPlan(txn, plan)));
    },
    compact({ revision }, { metadata }) {
      if (behaviour.guardsAdminCalls) authorizer.admin(metadata);
      mvcc.compact(revision);
      return { header: identity.header(mvcc.revision) };
    },
  };
}
