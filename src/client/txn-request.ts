import type { RequestOp, TxnRequest } from "../gen/rpc.ts";
import type { Key } from "../model/key-range.ts";
import type { Revision } from "../model/revision.ts";
import { checkOptions, showValue } from "../util/option-check.ts";
import { compareMessage, type TxnComparison } from "./compare.ts";
import { deleteOptionKinds, deleteRequest, type DeleteRequestOptions } from "./delete-request.ts";
import { putOptionKinds, putRequest, type PutRequestOptions, type Value } from "./put-request.ts";
import { rangeOptionKinds, rangeRequest, type RangeOptions } from "./range-request.ts";

/** A read in a transaction. */
export interface TxnGet extends RangeOptions {
  /** The key; with one of the range options, the first of a range. */
  readonly key: Key;
}

/** A write in a transaction. */
export interface TxnPut extends PutRequestOptions {
  /** The key; with one of the range options, the first of a range. */
  readonly key: Key;
  /** Its new value. */
  readonly value: Value;
}

/** A delete in a transaction. */
export interface TxnDelete extends DeleteRequestOptions {
  /** The key; with one of the range options, the first of a range. */
  readonly key: Key;
}

/** One step of a transaction. */
export type TxnOperation =
  | { readonly get: TxnGet; readonly put?: never; readonly delete?: never; readonly txn?: never }
  | { readonly put: TxnPut; readonly get?: never; readonly delete?: never; readonly txn?: never }
  | { readonly delete: TxnDelete; readonly get?: never; readonly put?: never; readonly txn?: never }
  | { readonly txn: Txn; readonly get?: never; readonly put?: never; readonly delete?: never };

/** A transaction: if every comparison holds, `success` is done, else `failure`. All of it at one revision, or nothing. */
export interface Txn {
  /** Default none: `success` is done. */
  readonly compare?: readonly TxnComparison[] | undefined;
  /** Default none. A key may be written only once in it. */
  readonly success?: readonly TxnOperation[] | undefined;
  /** Default none. A key may be written only once in it. */
  readonly failure?: readonly TxnOperation[] | undefined;
}

/** @throws {TypeError | RangeError} for what is no transaction of etcd */
export function txnRequest(txn: Txn): TxnRequest {
  checkOptions(txn, { compare: "value", success: "value", failure: "value" }, "txn");
  return {
    compare: list(txn.compare, "compare").map(compareMessage),
    success: list(txn.success, "success").map(operationMessage),
    failure: list(txn.failure, "failure").map(operationMessage),
  };
}

function list<T>(value: readonly T[] = [], name: string): readonly T[] {
  const given: unknown = value; // a caller without types may pass anything
  if (!Array.isArray(given)) throw new TypeError(`${name} of txn must be an array, got ${showValue(given)}`);
  return value;
}

function operationMessage(operation: TxnOperation): RequestOp {
  checkOptions<object>(operation, { get: "value", put: "value", delete: "value", txn: "value" }, "An operation of txn");
  if (Object.values(operation).filter((value) => value !== undefined).length !== 1)
    throw new TypeError(`An operation of txn is one of get, put, delete and txn, got ${showValue(operation)}`);
  return { request: requestOf(operation) };
}

function requestOf(operation: TxnOperation): RequestOp["request"] {
  if (operation.get !== undefined) {
    checkOptions(operation.get, { key: "value", ...rangeOptionKinds }, "get in txn");
    return { $case: "requestRange", value: rangeRequest(operation.get.key, operation.get) };
  }
  if (operation.put !== undefined) {
    checkOptions(operation.put, { key: "value", value: "value", ...putOptionKinds }, "put in txn");
    return { $case: "requestPut", value: putRequest(operation.put.key, operation.put.value, operation.put) };
  }
  if (operation.delete !== undefined) {
    checkOptions(operation.delete, { key: "value", ...deleteOptionKinds }, "delete in txn");
    return { $case: "requestDeleteRange", value: deleteRequest(operation.delete.key, operation.delete) };
  }
  return { $case: "requestTxn", value: txnRequest(operation.txn) };
}

/** Whether the transaction only reads, whichever way it goes. */
export function readsOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(
    ({ request }) => request?.$case === "requestRange" || (request?.$case === "requestTxn" && readsOnly(request.value)),
  );
}

/** The lowest revision that the transaction names to read at, whichever way it goes; 0 if it names none. */
export function lowestReadRevision({ success, failure }: TxnRequest): Revision {
  let lowest = 0n;
  for (const { request } of [...success, ...failure]) {
    const revision =
      request?.$case === "requestRange" ? request.value.revision : request?.$case === "requestTxn" ? lowestReadRevision(request.value) : 0n;
    if (revision !== 0n && (lowest === 0n || revision < lowest)) lowest = revision;
  }
  return lowest;
}
