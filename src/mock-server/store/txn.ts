import { serverErrors } from "../../errors/server-errors.ts";
import type { PutRequest, RangeRequest, RequestOp, ResponseOp, TxnRequest, TxnResponse } from "../../gen/rpc.ts";
import { RefusedError } from "../refused-error.ts";
import { allHold } from "./compare.ts";
import { keySpan, keyText, spanHolds } from "./key-text.ts";
import type { KeySpan } from "./key-text.ts";
import { applyDeleteRange, applyPut, currentPair } from "./key-writes.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { ReadView } from "./read-view.ts";
import { queryRange } from "./range-query.ts";
import { revisionHeader } from "./revision-header.ts";
import type { WriteTxn } from "./write-txn.ts";

/**
 * The operations that a transaction will carry out, once its comparisons, and those of the transactions nested in it, have been made
 * against the state before anything is written.
 */
export interface TxnPlan {
  readonly succeeded: boolean;
  readonly steps: readonly TxnStep[];
}

type TxnStep = { readonly kind: "nested"; readonly plan: TxnPlan } | { readonly kind: "operation"; readonly op: RequestOp };

export function planTxn(view: ReadView, { compare, success, failure }: TxnRequest): TxnPlan {
  const succeeded = allHold(view, compare);
  const steps = (succeeded ? success : failure).map((op): TxnStep => {
    return op.request?.$case === "requestTxn" ? { kind: "nested", plan: planTxn(view, op.request.value) } : { kind: "operation", op };
  });
  return { succeeded, steps };
}

/** @throws {RefusedError} if an operation of the plan could not be carried out: for a put first, wherever it stands, as etcd does */
export function checkPlan(view: ReadView, leases: LeaseBook, plan: TxnPlan): void {
  const requests = [...requestsOf(plan)];
  const deleted: KeySpan[] = [];
  for (const request of requests) {
    if (request.$case === "requestDeleteRange") deleted.push(keySpan(request.value.key, request.value.rangeEnd));
    if (request.$case !== "requestPut") continue;
    checkPut(view, leases, request.value);
    // etcd overlooks this one, finds nothing to keep once the key is deleted, and ends itself (etcdserver/apply.go).
    if (keepsOld(request.value) && deleted.some((span) => spanHolds(span, keyText(request.value.key))))
      throw new RefusedError(serverErrors.keyNotFound);
  }
  for (const request of requests) if (request.$case === "requestRange") checkRangeRevision(view, request.value);
}

function* requestsOf({ steps }: TxnPlan): IterableIterator<NonNullable<RequestOp["request"]>> {
  for (const step of steps) {
    if (step.kind === "nested") yield* requestsOf(step.plan);
    else if (step.op.request !== undefined) yield step.op.request;
  }
}

/** Carries out a checked plan. */
export function applyPlan(txn: WriteTxn, plan: TxnPlan): TxnResponse {
  const responses = applySteps(txn, plan);
  return { header: revisionHeader(txn.revision), succeeded: plan.succeeded, responses };
}

/** A transaction of nothing but Range, which etcd answers without a log entry. */
export function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(({ request }) => request?.$case === "requestRange");
}

/** @throws {RefusedError} if a lease is not there, or a pair that is to be kept in part */
function checkPut(view: ReadView, leases: LeaseBook, request: PutRequest): void {
  if (keepsOld(request) && currentPair(view, request.key) === undefined) throw new RefusedError(serverErrors.keyNotFound);
  if (request.lease !== 0n && !leases.has(request.lease)) throw new RefusedError(serverErrors.leaseNotFound);
}

function keepsOld({ ignoreValue, ignoreLease }: PutRequest): boolean {
  return ignoreValue || ignoreLease;
}

/** Inside a transaction a negative revision is not "now", as it is for a Range alone. */
function checkRangeRevision(view: ReadView, { revision }: RangeRequest): void {
  if (revision === 0n) return;
  if (revision > view.revision) throw new RefusedError(serverErrors.futureRevision);
  if (revision < view.compactedRevision) throw new RefusedError(serverErrors.compacted);
}

function applySteps(txn: WriteTxn, { steps }: TxnPlan): ResponseOp[] {
  return steps.map((step): ResponseOp => {
    if (step.kind === "operation") return applyOperation(txn, step.op);
    // A nested answer carries an empty header.
    const value = { header: revisionHeader(0n), succeeded: step.plan.succeeded, responses: applySteps(txn, step.plan) };
    return { response: { $case: "responseTxn", value } };
  });
}

function applyOperation(txn: WriteTxn, { request }: RequestOp): ResponseOp {
  switch (request?.$case) {
    case "requestRange":
      return { response: { $case: "responseRange", value: queryRange(txn, request.value) } };
    case "requestPut":
      return { response: { $case: "responsePut", value: applyPut(txn, request.value) } };
    case "requestDeleteRange":
      return { response: { $case: "responseDeleteRange", value: applyDeleteRange(txn, request.value) } };
    case "requestTxn": // is a step of its own
    case undefined: // was refused when the request came in
      return { response: undefined };
  }
}
