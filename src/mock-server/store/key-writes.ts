import { serverErrors } from "../../errors/server-errors.ts";
import type { DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse } from "../../gen/rpc.ts";
import type { KeyValue } from "../../gen/kv.ts";
import { RefusedError } from "../refused-error.ts";
import { keySpan, keyText } from "./key-text.ts";
import type { ReadView } from "./read-view.ts";
import { revisionHeader } from "./revision-header.ts";
import type { WriteTxn } from "./write-txn.ts";

/** Carries out a Put. @throws {RefusedError} before anything is written, if the old pair is needed and missing */
export function applyPut(txn: WriteTxn, request: PutRequest): PutResponse {
  const { key, prevKv, ignoreValue, ignoreLease } = request;
  const previous = prevKv || ignoreValue || ignoreLease ? currentPair(txn, key) : undefined;
  if ((ignoreValue || ignoreLease) && previous === undefined) throw new RefusedError(serverErrors.keyNotFound);
  const value = ignoreValue && previous !== undefined ? previous.value : request.value;
  const lease = ignoreLease && previous !== undefined ? previous.lease : request.lease;
  txn.put(key, value, lease);
  return { header: revisionHeader(txn.revision), prevKv: prevKv ? previous : undefined };
}

export function applyDeleteRange(txn: WriteTxn, { key, rangeEnd, prevKv }: DeleteRangeRequest): DeleteRangeResponse {
  const span = keySpan(key, rangeEnd);
  const prevKvs = prevKv ? [...txn.range(span).kvs] : [];
  const deleted = BigInt(txn.delete(span));
  return { header: revisionHeader(txn.revision), deleted, prevKvs };
}

export function currentPair(view: ReadView, key: Uint8Array): KeyValue | undefined {
  return view.range({ kind: "key", key: keyText(key) }).kvs[0];
}
