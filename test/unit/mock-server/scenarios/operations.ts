import type { RequestOp } from "../../../../src/gen/rpc.ts";

const NO_BYTES = Buffer.alloc(0);

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function putOp(key: string, value = "", { lease = 0n, prevKv = false }: { lease?: bigint; prevKv?: boolean } = {}): RequestOp {
  const request = { key: bytes(key), value: bytes(value), lease, prevKv, ignoreValue: false, ignoreLease: false };
  return { request: { $case: "requestPut", value: request } };
}

export function deleteOp(key: string, rangeEnd = ""): RequestOp {
  return { request: { $case: "requestDeleteRange", value: { key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv: false } } };
}

export function txnOp(success: RequestOp[]): RequestOp {
  return { request: { $case: "requestTxn", value: { compare: [], success, failure: [] } } };
}

export function rangeOp(key: string, revision = 0n): RequestOp {
  const value = {
    key: bytes(key),
    rangeEnd: NO_BYTES,
    limit: 0n,
    revision,
    sortOrder: 0 as const,
    sortTarget: 0 as const,
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0n,
    maxModRevision: 0n,
    minCreateRevision: 0n,
    maxCreateRevision: 0n,
  };
  return { request: { $case: "requestRange", value } };
}
