import { describe, expect, expectTypeOf, it } from "vitest";
import type { Txn, TxnOperation } from "../../../src/client/txn-request.ts";
import { TxnResponse, type TxnOperationResponse } from "../../../src/client/txn-response.ts";
import type { TxnComparison } from "../../../src/client/compare.ts";
import type { GetResponse, PutResponse } from "../../../src/client/kv-responses.ts";
import type { TxnResponseOf } from "../../../src/client/txn-answers.ts";
import { isProtocolError } from "../../../src/errors/etcd-error.ts";
import {
  Compare_CompareResult as Result,
  Compare_CompareTarget as Target,
  TxnRequest,
  TxnResponse as WireTxnResponse,
  type Compare,
  type ResponseOp,
} from "../../../src/gen/rpc.ts";
import { HEADER, kvHarness, wireKeyValue } from "../../support/kv-harness.ts";

/** What a transaction puts on the wire. */
function sentBy(txn: Txn): TxnRequest {
  const { kv, transport } = kvHarness();
  void kv.txn(txn);
  expect(transport.onlyCall.path).toBe("/etcdserverpb.KV/Txn");
  return TxnRequest.decode(transport.onlyCall.request);
}

const noBytes = new Uint8Array(0);
const revisionOnly = { clusterId: 0n, memberId: 0n, revision: 7n, raftTerm: 0n };
const read: TxnOperation = { get: { key: "a" } };
const write: TxnOperation = { put: { key: "a", value: "1" } };

describe("Kv.txn() comparisons", () => {
  it.each<[TxnComparison, Omit<Compare, "key" | "rangeEnd">]>([
    [
      { key: "k", target: "version", result: "=", value: 0 },
      { target: Target.VERSION, result: Result.EQUAL, targetUnion: { $case: "version", value: 0n } },
    ],
    [
      { key: "k", target: "create", result: "!=", value: 5n },
      { target: Target.CREATE, result: Result.NOT_EQUAL, targetUnion: { $case: "createRevision", value: 5n } },
    ],
    [
      { key: "k", target: "mod", result: ">", value: 2n ** 62n },
      { target: Target.MOD, result: Result.GREATER, targetUnion: { $case: "modRevision", value: 2n ** 62n } },
    ],
    [
      { key: "k", target: "lease", result: "<", value: -3n },
      { target: Target.LEASE, result: Result.LESS, targetUnion: { $case: "lease", value: -3n } },
    ],
    [
      { key: "k", target: "value", result: "=", value: "v" },
      { target: Target.VALUE, result: Result.EQUAL, targetUnion: { $case: "value", value: Buffer.from("v") } },
    ],
  ])("sends %o", (comparison, expected) => {
    expect(sentBy({ compare: [comparison] }).compare).toEqual([{ key: Buffer.from("k"), rangeEnd: noBytes, ...expected }]);
  });

  it("compares a range of keys", () => {
    const compare: TxnComparison[] = [
      { key: "p/", prefix: true, target: "create", result: ">", value: 0n },
      { key: "a", rangeEnd: "c", target: "create", result: ">", value: 0n },
      { key: "a", fromKey: true, target: "create", result: ">", value: 0n },
    ];
    expect(sentBy({ compare }).compare.map(({ rangeEnd }) => rangeEnd.toString())).toEqual(["p0", "c", "\0"]);
  });
});

describe("Kv.txn() operations", () => {
  it("sends each with its options, in order, in its branch", () => {
    const { success, failure } = sentBy({
      success: [
        { put: { key: "a", value: "1", lease: 9n, prevKv: true } },
        { get: { key: "b", prefix: true, limit: 3, revision: 4n, sort: { by: "mod", order: "descend" } } },
        { delete: { key: "c", rangeEnd: "d", prevKv: true } },
      ],
      failure: [{ txn: { compare: [{ key: "x", target: "version", result: "=", value: 1n }], success: [{ get: { key: "x" } }] } }],
    });
    expect(success).toMatchObject([
      { request: { $case: "requestPut", value: { key: Buffer.from("a"), value: Buffer.from("1"), lease: 9n, prevKv: true } } },
      {
        request: {
          $case: "requestRange",
          value: { key: Buffer.from("b"), rangeEnd: Buffer.from("c"), limit: 3n, revision: 4n, sortOrder: 2 },
        },
      },
      { request: { $case: "requestDeleteRange", value: { key: Buffer.from("c"), rangeEnd: Buffer.from("d"), prevKv: true } } },
    ]);
    expect(failure).toMatchObject([
      {
        request: {
          $case: "requestTxn",
          value: { compare: [{ key: Buffer.from("x") }], success: [{ request: { $case: "requestRange" } }], failure: [] },
        },
      },
    ]);
  });

  it("omits an empty range end from a read: a range of nothing but reads would take it for 'to the end'", () => {
    const { kv, transport } = kvHarness();
    void kv.txn({ success: [{ get: { key: "a", rangeEnd: "" } }] });
    expect(transport.onlyCall.request.toString("hex")).toBe("12050a030a0161");
  });

  it("may be empty", () => {
    expect(sentBy({})).toEqual({ compare: [], success: [], failure: [] });
    expect(sentBy({ compare: undefined, success: [], failure: undefined })).toEqual({ compare: [], success: [], failure: [] });
  });

  it("has one of get, put, delete and txn, also for the compiler", () => {
    expectTypeOf<{ get: { key: string } }>().toExtend<TxnOperation>();
    expectTypeOf<{ get: { key: string }; put: { key: string; value: string } }>().not.toExtend<TxnOperation>();
    expectTypeOf<{ put: { key: string } }>().not.toExtend<TxnOperation>();
    expectTypeOf<{ key: string; target: "version"; result: "="; value: string }>().not.toExtend<TxnComparison>();
  });
});

describe("Kv.txn() repeats", () => {
  it.each<[string, Txn, boolean]>([
    ["nothing", {}, true],
    ["reads alone", { success: [read], failure: [read, read] }, true],
    ["reads in a nested txn", { success: [{ txn: { success: [read], failure: [read] } }] }, true],
    ["a put", { success: [read, write] }, false],
    ["a put on failure", { success: [read], failure: [write] }, false],
    ["a delete", { success: [{ delete: { key: "a" } }] }, false],
    ["a put in a nested txn", { success: [{ txn: { failure: [write] } }] }, false],
  ])("a transaction of %s: %o -> %o", (_, txn, repeatable) => {
    const { kv, transport } = kvHarness();
    void kv.txn(txn);
    expect(transport.onlyCall.options.repeatable).toBe(repeatable);
  });
});

describe("Kv.txn() answers", () => {
  const responses: ResponseOp[] = [
    { response: { $case: "responsePut", value: { header: revisionOnly, prevKv: undefined } } },
    { response: { $case: "responseRange", value: { header: revisionOnly, kvs: [wireKeyValue("a", "2")], more: false, count: 1n } } },
    { response: { $case: "responseDeleteRange", value: { header: revisionOnly, deleted: 2n, prevKvs: [] } } },
    {
      response: {
        $case: "responseTxn",
        value: {
          header: { clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n },
          succeeded: true,
          responses: [{ response: { $case: "responsePut", value: { header: revisionOnly, prevKv: undefined } } }],
        },
      },
    },
  ];

  it("are told apart by type", async () => {
    const { kv, transport } = kvHarness();
    const operations: TxnOperation[] = [write, read, { delete: { key: "a" } }, { txn: { success: [write] } }];
    const answer = kv.txn({ success: operations });
    transport.onlyCall.answer(WireTxnResponse.encode({ header: HEADER, succeeded: true, responses }).finish());
    const response = await answer;
    expect(response).toMatchObject({ type: "txn", succeeded: true, header: HEADER });
    const [put, get, deleted, nested] = response.responses;
    expect(put?.type).toBe("put");
    expect(get?.type === "get" && get.kvs[0]?.valueText).toBe("2");
    expect(deleted?.type === "delete" && deleted.deleted).toBe(2n);
    expect(nested?.type === "txn" && nested.responses.map(({ type }) => type)).toEqual(["put"]);
    expectTypeOf<Extract<TxnOperationResponse, { type: "get" }>>().toEqualTypeOf<GetResponse>();
  });

  it("have the types of what was asked, by whether it succeeded", async () => {
    const { kv, transport } = kvHarness();
    const asked = kv.txn({
      success: [write, read, { delete: { key: "a" } }, { txn: { success: [write] } }],
      failure: [read],
    });
    transport.onlyCall.answer(WireTxnResponse.encode({ header: HEADER, succeeded: true, responses }).finish());
    const answer = await asked;
    if (!answer.succeeded) {
      expectTypeOf(answer.responses).toEqualTypeOf<readonly [GetResponse]>();
      throw new Error("it did");
    }
    const [put, get, deleted, nested] = answer.responses;
    expectTypeOf(put).toEqualTypeOf<PutResponse>();
    expect([get.kvs[0]?.valueText, deleted.deleted, nested.succeeded]).toEqual(["2", 2n, true]);
    if (nested.succeeded) expectTypeOf(nested.responses).toEqualTypeOf<readonly [PutResponse]>();
    expectTypeOf<TxnResponseOf<Txn>>().toExtend<TxnResponse>();
    expectTypeOf<TxnResponseOf<{ success: TxnOperation[] }>["responses"][number]>().toEqualTypeOf<TxnOperationResponse>();
  });

  it.each<[string, Txn]>([
    ["fewer", { success: [write, read] }],
    ["more", {}],
    ["other ones", { success: [read] }],
    ["other ones in a nested txn", { success: [{ txn: { success: [read] } }] }],
  ])("that are %s than were asked for are a ProtocolError", async (_, txn) => {
    const { kv, transport } = kvHarness();
    const answer = kv.txn(txn);
    const isNested = txn.success?.[0]?.txn !== undefined;
    const sent = isNested ? responses.slice(3) : responses.slice(0, 1);
    transport.onlyCall.answer(WireTxnResponse.encode({ header: HEADER, succeeded: true, responses: sent }).finish());
    await expect(answer).rejects.toSatisfy(isProtocolError);
  });

  it("have etcdctl's JSON form", () => {
    // What etcdctl 3.4.23 printed with -w json for such a transaction (it cannot nest one), its ids put in quotes.
    expect(JSON.stringify(new TxnResponse({ header: HEADER, succeeded: true, responses }))).toBe(
      '{"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":7,"raft_term":2},"succeeded":true,"responses":[' +
        '{"Response":{"ResponsePut":{"header":{"revision":7}}}},' +
        '{"Response":{"ResponseRange":{"header":{"revision":7},"kvs":[{"key":"YQ==","create_revision":2,"mod_revision":3,"version":2,"value":"Mg=="}],"count":1}}},' +
        '{"Response":{"ResponseDeleteRange":{"header":{"revision":7},"deleted":2}}},' +
        '{"Response":{"ResponseTxn":{"header":{},"succeeded":true,"responses":[{"Response":{"ResponsePut":{"header":{"revision":7}}}}]}}}]}',
    );
    expect(Object.keys(new TxnResponse({ header: HEADER, succeeded: false, responses: [] }).toJSON())).toEqual(["header"]);
  });

  it("of no known kind are a ProtocolError", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.txn({ success: [read] });
    transport.onlyCall.answer(WireTxnResponse.encode({ header: HEADER, succeeded: true, responses: [{ response: undefined }] }).finish());
    await expect(answer).rejects.toSatisfy(isProtocolError);
  });

  it("that say compacted carry the lowest revision read at", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.txn({
      success: [read, { get: { key: "b", revision: 8n } }, { txn: { failure: [{ get: { key: "c", revision: 5 } }] } }],
      failure: [{ get: { key: "d", revision: 6n } }],
    });
    transport.onlyCall.fail("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted");
    await expect(answer).rejects.toMatchObject({ code: "COMPACTED", requestedRevision: 5n, compactRevision: undefined });
  });
});

/** What a caller without types may write, and the text that must show it. */
const wrongTransactions: [string, unknown, string][] = [
  ["no transaction", undefined, "got undefined"],
  ["a misspelt branch", { then: [] }, "then ([])"],
  ["one comparison that is not in a list", { compare: { key: "a" } }, "compare of txn must be an array, got { key: 'a' }"],
  ["an unknown target", { compare: [{ key: "a", target: "count", result: "=", value: 1n }] }, "target of compare"],
  ["an unknown result", { compare: [{ key: "a", target: "mod", result: ">=", value: 1n }] }, "got '>='"],
  ["no key to compare", { compare: [{ target: "mod", result: "=", value: 1n }] }, "key must be a string or a Uint8Array, got undefined"],
  ["text as version", { compare: [{ key: "a", target: "version", result: "=", value: "1" }] }, "value of compare version"],
  ["a number as value", { compare: [{ key: "a", target: "value", result: "=", value: 1 }] }, "value of compare value"],
  ["a misspelt field of a comparison", { compare: [{ key: "a", target: "mod", op: "=", value: 1n }] }, "op ('=')"],
  ["two operations in one", { success: [{ get: { key: "a" }, put: { key: "a", value: "1" } }] }, "is one of get, put, delete and txn"],
  ["an empty operation", { failure: [{}] }, "got {}"],
  ["null as operation", { failure: [null] }, "got null"],
  ["an unknown operation", { success: [{ range: { key: "a" } }] }, "range ({ key: 'a' })"],
  ["an unknown option of a get", { success: [{ get: { key: "a", timeoutMs: 5 } }] }, "timeoutMs (5)"],
  ["a put without a value", { success: [{ put: { key: "a" } }] }, "got undefined"],
  ["a value with ignoreValue", { success: [{ put: { key: "a", value: "x", ignoreValue: true } }] }, "got 'x'"],
  ["a wrong revision in a nested txn", { success: [{ txn: { success: [{ get: { key: "a", revision: -1 } }] } }] }, "got -1"],
];

describe("Kv.txn(), called wrongly", () => {
  it.each(wrongTransactions)("throws at once for %s, and sends nothing", (_, txn, shown) => {
    const { kv, transport } = kvHarness();
    expect(() => kv.txn(txn as Txn)).toThrow(shown);
    expect(transport.calls).toEqual([]);
  });

  it("takes signal and timeout beside the transaction, not in it", () => {
    const { kv, transport } = kvHarness();
    void kv.txn({ success: [read] }, { timeoutMs: 7 });
    expect(transport.onlyCall.options.timeoutMs).toBe(7);
    expect(() => kv.txn({ timeoutMs: 7 } as Txn)).toThrow(TypeError);
  });
});
