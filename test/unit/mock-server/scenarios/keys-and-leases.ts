import { expect } from "vitest";
import type { Compare, RangeRequest } from "../../../../src/gen/rpc.ts";
import { failure, RawEtcd } from "../support/raw-etcd.ts";
import { eventsOf, span } from "../support/raw-watch.ts";
import { deleteOp, putOp, rangeOp, txnOp } from "./operations.ts";
import { prefixEnd, scenarioFor } from "./scenario.ts";
import type { ScenarioSuite } from "./scenario.ts";

const COMPACTED = "11 etcdserver: mvcc: required revision has been compacted";
const FUTURE = "11 etcdserver: mvcc: required revision is a future revision";
const EMPTY_KEY = "3 etcdserver: key is not provided";

function texts(items: readonly { readonly key: Uint8Array }[]): string[] {
  return items.map(({ key }) => Buffer.from(key).toString("latin1"));
}

/** Scenarios 107 to 120, and more of Range and Txn. */
export const keysAndLeases: ScenarioSuite = (server) => {
  const scenario = scenarioFor(server);

  scenario("107: a store begins at revision 1", async ({ startFresh }) => {
    const server = await startFresh();
    const fresh = new RawEtcd(server.endpoint);
    try {
      expect(await fresh.call("KV", "range", span("k"))).toMatchObject({ kvs: [], count: 0n, more: false });
      expect(await fresh.revision()).toBe(1n);
      expect(await fresh.delete("k")).toBe(1n);
      expect(await fresh.put("k")).toBe(2n);
    } finally {
      fresh.close();
      await server.stop();
    }
  });
  scenario("108, 117: past revisions can be read down to the compaction", async ({ etcd, key }) => {
    const first = await etcd.put(key("k"), "1");
    const second = await etcd.put(key("k"), "2");
    const last = await etcd.put(key("k"), "3");
    const at = (revision: bigint) => etcd.call("KV", "range", { ...span(key("k")), revision });
    const old = await at(second);
    expect(old.kvs[0]).toMatchObject({ modRevision: second, createRevision: first, version: 2n });
    expect(old.header?.revision).toBe(last);
    expect(await failure(at(last + 1n))).toBe(FUTURE);
    expect(await failure(etcd.compact(last + 1n))).toBe(FUTURE);
    const compacted = await etcd.call("KV", "compact", { revision: second });
    expect(compacted.header?.revision).toBe(last);
    expect(await failure(etcd.compact(second))).toBe(COMPACTED);
    expect(await failure(at(first))).toBe(COMPACTED);
    expect((await at(second)).kvs).toHaveLength(1);
    expect((await at(-1n)).kvs[0]?.modRevision).toBe(last);
  });
  scenario("109, 110: limit, count, order and filters", async ({ etcd, key }) => {
    const base = (await etcd.put(key("p/a"), "5")) - 1n;
    for (const [name, value] of [
      ["p/b", "4"],
      ["p/c", "3"],
      ["p/d", "2"],
      ["p/e", "1"],
      ["p/b", "9"],
    ] as const)
      await etcd.put(key(name), value);
    const range = async (fields: Partial<RangeRequest>) => {
      const response = await etcd.call("KV", "range", { ...span(key("p/"), prefixEnd(key("p/"))), ...fields });
      return [
        texts(response.kvs)
          .map((text) => text.slice(-1))
          .join(""),
        response.more,
        response.count,
      ];
    };
    expect(await range({})).toEqual(["abcde", false, 5n]);
    expect(await range({ limit: 2n })).toEqual(["ab", true, 5n]);
    expect(await range({ limit: 5n })).toEqual(["abcde", false, 5n]);
    expect(await range({ countOnly: true })).toEqual(["", false, 5n]);
    expect(await range({ countOnly: true, limit: 2n })).toEqual(["", false, 5n]);
    expect(await range({ limit: 1n, sortOrder: 2, sortTarget: 0 })).toEqual(["e", true, 5n]);
    expect(await range({ limit: 1n, sortOrder: 2, sortTarget: 1 })).toEqual(["b", true, 5n]);
    expect(await range({ limit: 1n, sortOrder: 2, sortTarget: 2 })).toEqual(["e", true, 5n]);
    expect(await range({ limit: 1n, sortOrder: 2, sortTarget: 3 })).toEqual(["b", true, 5n]);
    expect(await range({ limit: 1n, sortOrder: 2, sortTarget: 4 })).toEqual(["b", true, 5n]);
    expect(await range({ sortOrder: 1, sortTarget: 4 })).toEqual(["edcab", false, 5n]);
    expect(await range({ sortTarget: 4 })).toEqual(["edcab", false, 5n]);
    expect(await range({ limit: 2n, sortTarget: 4 })).toEqual([expect.stringMatching(/^(ab|ca)$/), true, 5n]);
    expect(await range({ minModRevision: base + 3n })).toEqual(["bcde", false, 5n]);
    expect(await range({ maxModRevision: base + 3n, limit: 1n })).toEqual(["a", true, 5n]);
    expect(await range({ minCreateRevision: base + 2n, maxCreateRevision: base + 3n })).toEqual(["bc", false, 5n]);
    const keysOnly = await etcd.call("KV", "range", { ...span(key("p/a")), keysOnly: true });
    expect(keysOnly.kvs[0]).toMatchObject({ version: 1n });
    expect(keysOnly.kvs[0]?.value).toHaveLength(0);
    const backwards = await etcd.call("KV", "range", span(key("p/c"), key("p/a")));
    expect(backwards).toMatchObject({ kvs: [], count: 0n, more: false });
  });
  scenario("111, 112, 113: puts and what is wrong with them", async ({ etcd, key }) => {
    const bytes = Buffer.from(key("k"));
    expect((await etcd.call("KV", "put", { key: bytes, value: Buffer.from("1"), prevKv: true })).prevKv).toBeUndefined();
    const { prevKv } = await etcd.call("KV", "put", { key: bytes, value: Buffer.from("2"), prevKv: true });
    expect(prevKv).toMatchObject({ version: 1n });
    expect(await failure(etcd.put(key("k"), "3", { lease: 12345n }))).toBe("5 etcdserver: requested lease not found");
    expect(await failure(etcd.put(key("none"), "", { ignoreValue: true }))).toBe("3 etcdserver: key not found");
    expect(await failure(etcd.put(key("none"), "", { ignoreLease: true }))).toBe("3 etcdserver: key not found");
    expect(await failure(etcd.put(key("k"), "x", { ignoreValue: true }))).toBe("3 etcdserver: value is provided");
    expect(await failure(etcd.put(key("k"), "x", { ignoreLease: true, lease: 5n }))).toBe("3 etcdserver: lease is provided");
    expect(await failure(etcd.put(""))).toBe(EMPTY_KEY);
    expect(await failure(etcd.delete(""))).toBe(EMPTY_KEY);
    expect(await failure(etcd.call("KV", "range", {}))).toBe(EMPTY_KEY);
  });
  scenario("a delete hands back what was there, in the order of keys", async ({ etcd, key }) => {
    for (const name of ["p/b", "p/a"]) await etcd.put(key(name));
    const response = await etcd.call("KV", "deleteRange", { ...span(key("p/"), prefixEnd(key("p/"))), prevKv: true });
    expect(response.deleted).toBe(2n);
    expect(texts(response.prevKvs)).toEqual([key("p/a"), key("p/b")]);
  });
  scenario("114: at most 128 operations, nested ones in what is left", async ({ etcd, key }) => {
    const many = (count: number, from = 0) => Array.from({ length: count }, (_, index) => putOp(key(`k${from + index}`)));
    const txn = (success: ReturnType<typeof many>) => etcd.call("KV", "txn", { compare: [], success, failure: [] });
    expect(await failure(txn(many(129)))).toBe("3 etcdserver: too many operations in txn request");
    expect((await txn(many(128))).responses).toHaveLength(128);
    expect(await failure(txn([txnOp(many(128))]))).toBe("3 etcdserver: too many operations in txn request");
    expect((await txn([txnOp(many(127))])).responses).toHaveLength(1);
    expect(await failure(txn([{ request: undefined }]))).toBe("3 etcdserver: key not found");
  });
  scenario("115: every kind of comparison", async ({ etcd, key }) => {
    const { ID: lease } = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    const created = await etcd.put(key("p/a"), "m", { lease });
    await etcd.put(key("p/b"), "n");
    const NO_END = Buffer.alloc(0);
    const holds = async (compare: Omit<Compare, "rangeEnd" | "key"> & { name: string; rangeEnd?: Buffer }) => {
      const { name, ...fields } = compare;
      const full: Compare = { rangeEnd: NO_END, ...fields, key: Buffer.from(key(name)) };
      return (await etcd.call("KV", "txn", { compare: [full], success: [], failure: [] })).succeeded;
    };
    const prefix = Buffer.from(prefixEnd(key("p/")));
    const [EQUAL, GREATER, LESS, NOT_EQUAL] = [0, 1, 2, 3] as const;
    const [VERSION, CREATE, MOD, VALUE, LEASE] = [0, 1, 2, 3, 4] as const;
    const results = await Promise.all([
      holds({ name: "none", result: EQUAL, target: VERSION, targetUnion: { $case: "version", value: 0n } }),
      holds({ name: "none", result: NOT_EQUAL, target: VALUE, targetUnion: { $case: "value", value: Buffer.from("x") } }),
      holds({ name: "p/a", result: EQUAL, target: VALUE, targetUnion: { $case: "value", value: Buffer.from("m") } }),
      holds({ name: "p/a", result: LESS, target: CREATE, targetUnion: { $case: "createRevision", value: created + 1n } }),
      holds({ name: "p/a", result: GREATER, target: MOD, targetUnion: { $case: "modRevision", value: created } }),
      holds({ name: "p/a", result: EQUAL, target: LEASE, targetUnion: { $case: "lease", value: lease } }),
      holds({ name: "p/", rangeEnd: prefix, result: EQUAL, target: VERSION, targetUnion: { $case: "version", value: 1n } }),
      holds({ name: "p/", rangeEnd: prefix, result: EQUAL, target: LEASE, targetUnion: { $case: "lease", value: lease } }),
      holds({ name: "p/a", result: GREATER, target: VERSION, targetUnion: undefined }),
      holds({ name: "p/a", result: GREATER, target: VALUE, targetUnion: undefined }),
    ]);
    expect(results).toEqual([true, false, true, true, false, true, true, false, true, true]);
  });
  scenario("116: inside a transaction reads see writes, and headers say a revision and nothing else", async ({ etcd, key }) => {
    const revision = await etcd.put(key("other"));
    const success = [rangeOp(key("k")), putOp(key("k"), "1"), rangeOp(key("k")), deleteOp(key("none")), txnOp([rangeOp(key("k"))])];
    const { header, responses } = await etcd.call("KV", "txn", { compare: [], success, failure: [] });
    expect(header?.revision).toBe(revision + 1n);
    const bare = { clusterId: 0n, memberId: 0n, raftTerm: 0n };
    expect(responses.map(({ response }) => response?.value.header)).toEqual([
      { ...bare, revision },
      { ...bare, revision: revision + 1n },
      { ...bare, revision: revision + 1n },
      { ...bare, revision: revision + 1n },
      { ...bare, revision: 0n },
    ]);
    const counts = responses.map(({ response }) => (response?.$case === "responseRange" ? response.value.count : undefined));
    expect(counts).toEqual([0n, undefined, 1n, undefined, undefined]);
    const future = { compare: [], success: [rangeOp(key("k"), revision + 5n), putOp(key("k"))], failure: [] };
    expect(await failure(etcd.call("KV", "txn", future))).toBe(FUTURE);
    expect(await etcd.revision()).toBe(revision + 1n);
  });
  scenario("118: a lease that is revoked takes its keys, in order and in one revision", async ({ etcd, watch, key }) => {
    const { ID, TTL } = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    expect(TTL).toBe(6000n);
    for (const name of ["p/c", "p/a", "p/b"]) await etcd.put(key(name), "", { lease: ID });
    const detached = await etcd.put(key("p/b"));
    const stream = watch();
    await stream.created(span(key("p/"), prefixEnd(key("p/"))));
    const { header } = await etcd.call("Lease", "leaseRevoke", { ID });
    expect(header?.revision).toBe(detached + 1n);
    expect(eventsOf(await stream.next())).toEqual([`DELETE ${key("p/a")}`, `DELETE ${key("p/c")}`]);
    expect(await failure(etcd.call("Lease", "leaseRevoke", { ID }))).toBe("5 etcdserver: requested lease not found");
    const empty = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    expect((await etcd.call("Lease", "leaseRevoke", { ID: empty.ID })).header?.revision).toBe(detached + 1n);
  });
  scenario("119: a lease whose time is over does the same", async ({ etcd, watch, key }) => {
    const { ID, TTL } = await etcd.call("Lease", "leaseGrant", { TTL: 1n });
    expect(TTL).toBe(2n);
    await etcd.put(key("k"), "v", { lease: ID });
    const stream = watch();
    await stream.created({ ...span(key("k")), prevKv: true });
    const response = await stream.next(4_000);
    expect(eventsOf(response)).toEqual([`DELETE ${key("k")}`]);
    expect(response.events[0]?.prevKv?.lease).toBe(ID);
  });
  scenario("120: ids and times of leases", async ({ etcd, key }) => {
    const { ID } = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    expect(await failure(etcd.call("Lease", "leaseGrant", { ID, TTL: 6000n }))).toBe("9 etcdserver: lease already exists");
    expect(await failure(etcd.call("Lease", "leaseGrant", { TTL: 9_000_000_001n }))).toBe("11 etcdserver: too large lease TTL");
    expect((await etcd.call("Lease", "leaseGrant", { ID: -7n, TTL: 6000n })).ID).toBe(-7n);
    await etcd.call("Lease", "leaseRevoke", { ID: -7n });
    await etcd.put(key("k"), "", { lease: ID });
    const left = await etcd.call("Lease", "leaseTimeToLive", { ID, keys: true });
    expect(left).toMatchObject({ ID, TTL: 5999n, grantedTTL: 6000n });
    expect(left.keys.map((bytes) => Buffer.from(bytes).toString())).toEqual([key("k")]);
    expect(await etcd.call("Lease", "leaseTimeToLive", { ID: 404n })).toMatchObject({ ID: 404n, TTL: -1n, grantedTTL: 0n });
    expect((await etcd.call("Lease", "leaseLeases", {})).leases).toContainEqual({ ID });
    // A stream of one request that is over at once is what a unary call looks like on the wire.
    expect(await etcd.call("Lease", "leaseKeepAlive", { ID })).toMatchObject({ ID, TTL: 6000n });
    expect(await etcd.call("Lease", "leaseKeepAlive", { ID: 404n })).toMatchObject({ ID: 404n, TTL: 0n });
  });
};
