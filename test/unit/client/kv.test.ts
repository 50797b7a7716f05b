import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { Kv, type GetOptions } from "../../../src/client/kv.ts";
import { isCompactedError, isProtocolError, isRpcError } from "../../../src/errors/etcd-error.ts";
import { serverErrors } from "../../../src/errors/server-errors.ts";
import {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  RangeResponse,
} from "../../../src/gen/rpc.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { HEADER, kvHarness, wireKeyValue } from "../../support/kv-harness.ts";

const rangeAnswer = (fields: Partial<RangeResponse> = {}): Uint8Array =>
  RangeResponse.encode({ header: HEADER, kvs: [], more: false, count: 0n, ...fields }).finish();
const putAnswer = (fields: Partial<PutResponse> = {}): Uint8Array =>
  PutResponse.encode({ header: HEADER, prevKv: undefined, ...fields }).finish();
const deleteAnswer = (fields: Partial<DeleteRangeResponse> = {}): Uint8Array =>
  DeleteRangeResponse.encode({ header: HEADER, deleted: 0n, prevKvs: [], ...fields }).finish();

/** What a `get` puts on the wire. */
async function sentByGet(key: string | Uint8Array, options?: GetOptions): Promise<RangeRequest> {
  const { kv, transport } = kvHarness();
  const answer = kv.get(key, options);
  transport.onlyCall.answer(rangeAnswer());
  await answer;
  return RangeRequest.decode(transport.onlyCall.request);
}

describe("Kv.get()", () => {
  it("sends only the key by default: an empty range end would mean 'to the end' to etcd before 3.7", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("foo");
    expect(transport.onlyCall.path).toBe("/etcdserverpb.KV/Range");
    expect(transport.onlyCall.request.toString("hex")).toBe("0a03666f6f");
    transport.onlyCall.answer(rangeAnswer());
    await answer;
  });

  it.each([{}, { rangeEnd: "" }, { rangeEnd: new Uint8Array(0) }, { prefix: false, fromKey: false, sort: { by: "key" as const } }])(
    "sends only the key with %o too",
    async (options) => {
      const { kv, transport } = kvHarness();
      void kv.get("foo", options);
      transport.onlyCall.answer(rangeAnswer());
      await Promise.resolve();
      expect(transport.onlyCall.request.toString("hex")).toBe("0a03666f6f");
    },
  );

  it("sends every option", async () => {
    expect(
      await sentByGet("a", {
        rangeEnd: "c",
        revision: 2n ** 60n,
        limit: 10,
        serializable: true,
        keysOnly: true,
        countOnly: true,
        minModRevision: 1,
        maxModRevision: 2,
        minCreateRevision: 3n,
        maxCreateRevision: 4n,
        sort: { by: "mod", order: "descend" },
      }),
    ).toEqual({
      key: Buffer.from("a"),
      rangeEnd: Buffer.from("c"),
      revision: 2n ** 60n,
      limit: 10n,
      serializable: true,
      keysOnly: true,
      countOnly: true,
      minModRevision: 1n,
      maxModRevision: 2n,
      minCreateRevision: 3n,
      maxCreateRevision: 4n,
      sortOrder: SortOrder.DESCEND,
      sortTarget: SortTarget.MOD,
    });
  });

  it.each([
    [{}, SortTarget.KEY, SortOrder.NONE],
    [{ by: "key", order: "ascend" }, SortTarget.KEY, SortOrder.NONE], // the order in which keys come anyway
    [{ order: "descend" }, SortTarget.KEY, SortOrder.DESCEND],
    [{ by: "version" }, SortTarget.VERSION, SortOrder.ASCEND],
    [{ by: "create" }, SortTarget.CREATE, SortOrder.ASCEND],
    [{ by: "mod", order: "ascend" }, SortTarget.MOD, SortOrder.ASCEND],
    [{ by: "value", order: "descend" }, SortTarget.VALUE, SortOrder.DESCEND],
  ] as const)("sorts by %o", async (sort, sortTarget, sortOrder) => {
    expect(await sentByGet("a", { prefix: true, sort })).toMatchObject({ sortTarget, sortOrder });
  });

  it("gives keys, count and more", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("a", { prefix: true, limit: 2 });
    transport.onlyCall.answer(rangeAnswer({ kvs: [wireKeyValue("a", "1"), wireKeyValue("ab", "")], more: true, count: 5n }));
    const response = await answer;
    expect(response.kvs.map(({ keyText, valueText }) => [keyText, valueText])).toEqual([
      ["a", "1"],
      ["ab", ""],
    ]);
    expect(response).toMatchObject({ type: "get", more: true, count: 5n, header: HEADER });
  });

  it("gives no keys for one that does not exist", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("a");
    transport.onlyCall.answer(rangeAnswer());
    expect(await answer).toMatchObject({ kvs: [], count: 0n, more: false });
  });

  it("reads the key when it is called: what happens to the bytes later does not matter", () => {
    const { kv, transport } = kvHarness();
    const key = Buffer.from("a");
    void kv.get(key);
    key[0] = 0x7a;
    expect(RangeRequest.decode(transport.onlyCall.request).key.toString()).toBe("a");
  });
});

describe("Kv.put()", () => {
  it("sends key and value, nothing else by default", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.put("k", Uint8Array.of(0, 0xff));
    expect(transport.onlyCall.path).toBe("/etcdserverpb.KV/Put");
    expect(transport.onlyCall.request.toString("hex")).toBe("0a016b120200ff");
    transport.onlyCall.answer(putAnswer());
    expect(await answer).toMatchObject({ type: "put", header: HEADER, prevKv: undefined });
  });

  it("sends every option", () => {
    const { kv, transport } = kvHarness();
    void kv.put("k", "v", { lease: -5n, prevKv: true });
    void kv.put("k", "", { ignoreValue: true, lease: 3 });
    void kv.put("k", "v", { ignoreLease: true, lease: 0n });
    const [first, second, third] = transport.calls.map(({ request }) => PutRequest.decode(request));
    expect(first).toMatchObject({ lease: -5n, prevKv: true, ignoreValue: false, ignoreLease: false });
    expect(second).toMatchObject({ lease: 3n, prevKv: false, ignoreValue: true, ignoreLease: false });
    expect(third).toMatchObject({ lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: true });
  });

  it("gives the key as it was before", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.put("k", "new", { prevKv: true });
    transport.onlyCall.answer(putAnswer({ prevKv: wireKeyValue("k", "old") }));
    expect((await answer).prevKv?.valueText).toBe("old");
  });
});

describe("Kv.delete()", () => {
  it("sends only the key by default", () => {
    const { kv, transport } = kvHarness();
    void kv.delete("foo");
    expect(transport.onlyCall.path).toBe("/etcdserverpb.KV/DeleteRange");
    expect(transport.onlyCall.request.toString("hex")).toBe("0a03666f6f");
  });

  it("deletes a prefix, and gives what was deleted", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.delete("a", { prefix: true, prevKv: true });
    expect(DeleteRangeRequest.decode(transport.onlyCall.request)).toMatchObject({ rangeEnd: Buffer.from("b"), prevKv: true });
    transport.onlyCall.answer(deleteAnswer({ deleted: 1n, prevKvs: [wireKeyValue("a", "old")] }));
    const response = await answer;
    expect(response).toMatchObject({ type: "delete", deleted: 1n });
    expect(response.prevKvs.map(({ valueText }) => valueText)).toEqual(["old"]);
  });
});

describe("Kv.compact()", () => {
  it("sends the revision, and physical on request", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.compact(5);
    void kv.compact(6n, { physical: true });
    expect(transport.calls.map(({ request }) => CompactionRequest.decode(request))).toEqual([
      { revision: 5n, physical: false },
      { revision: 6n, physical: true },
    ]);
    expect(transport.calls[0]?.path).toBe("/etcdserverpb.KV/Compact");
    transport.calls[0]?.answer(CompactionResponse.encode({ header: HEADER }).finish());
    expect((await answer).header).toMatchObject(HEADER);
  });

  it("reports a revision that is compacted already", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.compact(5);
    transport.onlyCall.fail(serverErrors.compacted.code, serverErrors.compacted.message);
    await expect(answer).rejects.toMatchObject({ code: "COMPACTED", requestedRevision: 5n, compactRevision: undefined });
  });
});

describe("Kv", () => {
  it("lets only reads be sent twice", () => {
    const { kv, transport } = kvHarness();
    void kv.get("a");
    void kv.put("a", "1");
    void kv.delete("a");
    void kv.compact(1);
    expect(transport.calls.map(({ options }) => options.repeatable)).toEqual([true, false, false, false]);
  });

  it("hands signal and timeout to the transport; the timeout is the client's by default", () => {
    const { kv, transport } = kvHarness();
    const { signal } = new AbortController();
    void kv.get("a");
    void kv.put("a", "1", { timeoutMs: 20, signal });
    void kv.delete("a", { timeoutMs: Infinity });
    expect(transport.calls.map(({ options }) => options.timeoutMs)).toEqual([5_000, 20, Infinity]);
    expect(transport.calls.map(({ options }) => options.signal)).toEqual([undefined, signal, undefined]);
  });

  it("rejects with the signal's reason after an abort, and leaves no listener", async () => {
    const { kv } = kvHarness();
    const controller = new AbortController();
    const answers = [kv.get("a", controller), kv.put("a", "1", controller), kv.delete("a", controller), kv.compact(1, controller)];
    const reason = new Error("enough");
    controller.abort(reason);
    for (const answer of answers) await expect(answer).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("turns etcd's compacted answer into a CompactedError with the revision asked for", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("a", { revision: 3n });
    transport.onlyCall.fail("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted");
    const error: unknown = await answer.catch((reason: unknown) => reason);
    expect(isCompactedError(error)).toBe(true);
    expect(error).toMatchObject({ requestedRevision: 3n, compactRevision: undefined });
    expect(error instanceof Error && isRpcError(error.cause)).toBe(true);
  });

  it.each([
    ["OUT_OF_RANGE", "etcdserver: mvcc: required revision is a future revision"],
    ["INVALID_ARGUMENT", "etcdserver: key is not provided"],
    ["UNKNOWN", "etcdserver: mvcc: required revision has been compacted"],
    ["UNAVAILABLE", "etcdserver: no leader"],
  ] as const)("leaves %s %s an RpcError", async (code, details) => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("a", { revision: 3n });
    transport.onlyCall.fail(code, details);
    const error: unknown = await answer.catch((reason: unknown) => reason);
    expect(isRpcError(error)).toBe(true);
    expect(error).toMatchObject({ code, details, path: "/etcdserverpb.KV/Range" });
  });

  it("calls an answer that cannot be decoded a ProtocolError", async () => {
    const { kv, transport } = kvHarness();
    const answer = kv.get("a");
    transport.onlyCall.answer(Uint8Array.of(0x0a, 0xff));
    await expect(answer).rejects.toSatisfy(isProtocolError);
  });

  it.each([2 ** 31, Number.MAX_SAFE_INTEGER, 1e300, Infinity])(
    "takes a timeout of %d ms for none: gRPC cannot count so far",
    (timeoutMs) => {
      const { kv, transport } = kvHarness();
      void kv.get("a", { timeoutMs });
      expect(transport.onlyCall.options.timeoutMs).toBe(Infinity);
    },
  );

  it.each([0, -1, NaN, "5" as never])("refuses %o as requestTimeoutMs", (requestTimeoutMs) => {
    expect(() => new Kv(new FakeUnaryTransport(), { requestTimeoutMs })).toThrow(RangeError);
  });
});

/** What a caller without types may do, and the text that must show it. */
const wrongCalls: [string, (kv: Kv) => unknown, typeof TypeError | typeof RangeError, string][] = [
  ["a number as key", (kv) => kv.get(5 as never), TypeError, "got 5"],
  ["no key", (kv) => kv.delete(undefined as never), TypeError, "got undefined"],
  ["two kinds of range", (kv) => kv.get("a", { prefix: true, fromKey: true }), TypeError, "prefix and fromKey"],
  ["a negative revision", (kv) => kv.get("a", { revision: -1 }), RangeError, "got -1"],
  ["a fraction as limit", (kv) => kv.get("a", { limit: 1.5 }), RangeError, "got 1.5"],
  ["a revision beyond 2^53 as number", (kv) => kv.get("a", { minModRevision: 2 ** 60 }), RangeError, "minModRevision"],
  ["a revision beyond 2^63", (kv) => kv.get("a", { maxCreateRevision: 2n ** 63n }), RangeError, "maxCreateRevision"],
  ["an unknown sort target", (kv) => kv.get("a", { sort: { by: "lease" as never } }), TypeError, "got 'lease'"],
  ["an unknown sort order", (kv) => kv.get("a", { sort: { order: "up" as never } }), TypeError, "got 'up'"],
  ["text as sort", (kv) => kv.get("a", { sort: "key" as never }), TypeError, "got 'key'"],
  ["a misspelt option", (kv) => kv.put("a", "1", { prevKV: true } as never), TypeError, "prevKV (true)"],
  ["an option of another call", (kv) => kv.delete("a", { limit: 3 } as never), TypeError, "limit (3)"],
  ["text as flag", (kv) => kv.get("a", { serializable: "yes" as never }), TypeError, "got 'yes'"],
  ["null as options", (kv) => kv.get("a", null as never), TypeError, "got null"],
  ["no value", (kv) => kv.put("a", undefined as never), TypeError, "got undefined"],
  ["an object as value", (kv) => kv.put("a", { b: 1 } as never), TypeError, "got { b: 1 }"],
  ["a value with ignoreValue", (kv) => kv.put("a", "x", { ignoreValue: true }), TypeError, "got 'x'"],
  ["a lease with ignoreLease", (kv) => kv.put("a", "x", { ignoreLease: true, lease: 7n }), TypeError, "got lease 7"],
  ["a lease beyond 64 bits", (kv) => kv.put("a", "x", { lease: 2n ** 64n }), RangeError, "got 18446744073709551616"],
  ["text as revision to compact", (kv) => kv.compact("5" as never), RangeError, "got '5'"],
  ["null as revision", (kv) => kv.get("a", { revision: null as never }), RangeError, "revision must be a bigint from 0 to 2^63-1"],
  ["null as limit", (kv) => kv.get("a", { limit: null as never }), RangeError, "got null"],
  ["null as minModRevision", (kv) => kv.get("a", { minModRevision: null as never }), RangeError, "got null"],
  ["null as maxModRevision", (kv) => kv.get("a", { maxModRevision: null as never }), RangeError, "got null"],
  ["null as minCreateRevision", (kv) => kv.get("a", { minCreateRevision: null as never }), RangeError, "got null"],
  ["null as maxCreateRevision", (kv) => kv.get("a", { maxCreateRevision: null as never }), RangeError, "got null"],
  ["an object as revision", (kv) => kv.get("a", { revision: Object.create(null) as never }), RangeError, "got [Object: null prototype] {}"],
  ["null as lease", (kv) => kv.put("a", "x", { lease: null as never }), RangeError, "got null"],
  ["null as sort", (kv) => kv.get("a", { sort: null as never }), TypeError, "got null"],
  ["a Map as options", (kv) => kv.get("a", new Map([["limit", 1]]) as never), TypeError, "got Map(1) { 'limit' => 1 }"],
  ["null as timeout", (kv) => kv.get("a", { timeoutMs: null as never }), RangeError, "timeoutMs must be a number of ms above 0, got null"],
  ["a negative timeout", (kv) => kv.get("a", { timeoutMs: -5 }), RangeError, "got -5"],
  ["a timeout of 0", (kv) => kv.put("a", "1", { timeoutMs: 0 }), RangeError, "got 0"],
  ["a controller as signal", (kv) => kv.get("a", { signal: new AbortController() as never }), TypeError, "signal must be an AbortSignal"],
];

describe("Kv, called wrongly", () => {
  it.each(wrongCalls)("throws at once for %s, and sends nothing", (_, call, errorClass, shown) => {
    const { kv, transport } = kvHarness();
    expect(() => call(kv)).toThrow(errorClass);
    expect(() => call(kv)).toThrow(shown);
    expect(transport.calls).toEqual([]);
  });
});
