import { serverErrors } from "../../errors/server-errors.ts";
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from "../../gen/rpc.ts";
import { RefusedError } from "../refused-error.ts";

const LAST_SORT_ORDER = 2;
const LAST_SORT_TARGET = 4;

/** What etcd refuses by looking at the request alone. Each @throws {RefusedError}. */
export function checkRange({ key, sortOrder, sortTarget }: RangeRequest): void {
  if (key.length === 0) throw new RefusedError(serverErrors.emptyKey);
  if (!isFromTo(sortOrder, LAST_SORT_ORDER) || !isFromTo(sortTarget, LAST_SORT_TARGET))
    throw new RefusedError(serverErrors.invalidSortOption);
}

export function checkPutRequest({ key, value, lease, ignoreValue, ignoreLease }: PutRequest): void {
  if (key.length === 0) throw new RefusedError(serverErrors.emptyKey);
  if (ignoreValue && value.length > 0) throw new RefusedError(serverErrors.valueProvided);
  if (ignoreLease && lease !== 0n) throw new RefusedError(serverErrors.leaseProvided);
}

export function checkDeleteRange({ key }: DeleteRangeRequest): void {
  if (key.length === 0) throw new RefusedError(serverErrors.emptyKey);
}

/** A nested transaction has what its parent leaves of `maxOps`. */
export function checkTxn({ compare, success, failure }: TxnRequest, maxOps: number): void {
  const ops = Math.max(compare.length, success.length, failure.length);
  if (ops > maxOps) throw new RefusedError(serverErrors.tooManyOps);
  if (compare.some(({ key }) => key.length === 0)) throw new RefusedError(serverErrors.emptyKey);
  for (const op of [...success, ...failure]) checkOperation(op, maxOps - ops);
}

function checkOperation({ request }: RequestOp, maxOps: number): void {
  switch (request?.$case) {
    case "requestRange":
      checkRange(request.value);
      return;
    case "requestPut":
      checkPutRequest(request.value);
      return;
    case "requestDeleteRange":
      checkDeleteRange(request.value);
      return;
    case "requestTxn":
      checkTxn(request.value, maxOps);
      return;
    case undefined: // etcd's answer to an operation that says nothing
      throw new RefusedError(serverErrors.keyNotFound);
  }
}

function isFromTo(value: number, last: number): boolean {
  return value >= 0 && value <= last;
}
