import { Kv } from "../../src/client/kv.ts";
import type { KeyValue as WireKeyValue } from "../../src/gen/kv.ts";
import type { ResponseHeader as WireHeader } from "../../src/gen/rpc.ts";
import { FakeUnaryTransport } from "./fake-unary-transport.ts";

/** The header of every made-up answer. */
export const HEADER: WireHeader = { clusterId: 324952591200643719n, memberId: 3319814642761637952n, revision: 7n, raftTerm: 2n };

/** A `Kv` over a transport whose calls the test answers. */
export function kvHarness(): { readonly kv: Kv; readonly transport: FakeUnaryTransport } {
  const transport = new FakeUnaryTransport();
  return { kv: new Kv(transport, { requestTimeoutMs: 5_000 }), transport };
}

/** A key as a server sends it. */
export function wireKeyValue(key: string, value: string, fields: Partial<WireKeyValue> = {}): WireKeyValue {
  return { key: Buffer.from(key), value: Buffer.from(value), createRevision: 2n, modRevision: 3n, version: 2n, lease: 0n, ...fields };
}
