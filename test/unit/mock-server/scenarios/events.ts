import { expect } from "vitest";
import type { Compare, RequestOp, TxnResponse } from "../../../../src/gen/rpc.ts";
import type { RawEtcd } from "../support/raw-etcd.ts";
import { failure } from "../support/raw-etcd.ts";
import { eventsOf, span } from "../support/raw-watch.ts";
import { deleteOp, putOp, txnOp } from "./operations.ts";
import { prefixEnd, scenarioFor } from "./scenario.ts";
import type { ScenarioSuite } from "./scenario.ts";

const DUPLICATE_KEY = "3 etcdserver: duplicate key given in txn request";

function txn(etcd: RawEtcd, success: RequestOp[], compare: Compare[] = []): Promise<TxnResponse> {
  return etcd.call("KV", "txn", { compare, success, failure: [] });
}

/** Scenarios 38 to 71. */
export const events: ScenarioSuite = (server) => {
  const scenario = scenarioFor(server);

  scenario("38, 39, 40, 41, 44: what a put looks like, new, again, the same, empty, and after a delete", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    const first = await etcd.put(key("k"), "v");
    await etcd.put(key("k"), "v");
    await etcd.put(key("k"), "");
    await etcd.delete(key("k"));
    const again = await etcd.put(key("k"), "v");
    const responses = [await stream.next(), await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    for (const [index, { header }] of responses.entries()) expect(header?.revision).toBe(first + BigInt(index));
    const kvs = responses.map(({ events: [event] }) => event?.kv);
    expect(kvs[0]).toMatchObject({ createRevision: first, modRevision: first, version: 1n, lease: 0n });
    expect(kvs[1]).toMatchObject({ createRevision: first, modRevision: first + 1n, version: 2n });
    expect(kvs[2]?.value).toHaveLength(0);
    expect(kvs[4]).toMatchObject({ createRevision: again, modRevision: again, version: 1n });
  });
  scenario("42, 43: a delete says key and revision; one of nothing says nothing", async ({ etcd, watch, key }) => {
    await etcd.put(key("k"), "v");
    const stream = watch();
    await stream.created(span(key("k")));
    const revision = await etcd.delete(key("k"));
    const { events: deleted } = await stream.next();
    expect(deleted[0]?.kv).toMatchObject({ modRevision: revision, createRevision: 0n, version: 0n, lease: 0n });
    expect(deleted[0]?.kv?.value).toHaveLength(0);
    expect(await etcd.delete(key("k"))).toBe(revision);
    await stream.quiet(50);
  });
  scenario("45: a range that is deleted comes in one response, in the order of keys", async ({ etcd, watch, key }) => {
    for (const name of ["p/c", "p/a", "p/b"]) await etcd.put(key(name));
    const stream = watch();
    await stream.created(span(key("p/"), prefixEnd(key("p/"))));
    const revision = await etcd.delete(key("p/"), prefixEnd(key("p/")));
    const response = await stream.next();
    expect(eventsOf(response)).toEqual(["p/a", "p/b", "p/c"].map((name) => `DELETE ${key(name)}`));
    expect(response.events.map(({ kv }) => kv?.modRevision)).toEqual([revision, revision, revision]);
  });
  scenario("46, 47: a transaction comes in its own order, as far as it matches", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("p/"), prefixEnd(key("p/"))));
    await txn(etcd, [putOp(key("p/b"), "1"), putOp(key("other"), "2"), putOp(key("p/a"), "3")]);
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("p/b")}=1`, `PUT ${key("p/a")}=3`]);
  });
  scenario("48: deletes and puts of a transaction come where they stand", async ({ etcd, watch, key }) => {
    for (const name of ["x", "z2", "z1"]) await etcd.put(key(name));
    const stream = watch();
    await stream.created(span(key(""), prefixEnd(key(""))));
    await txn(etcd, [deleteOp(key("x")), putOp(key("y"), "1"), deleteOp(key("z"), prefixEnd(key("z")))]);
    expect(eventsOf(await stream.next())).toEqual([
      `DELETE ${key("x")}`,
      `PUT ${key("y")}=1`,
      `DELETE ${key("z1")}`,
      `DELETE ${key("z2")}`,
    ]);
  });
  scenario("49: a nested transaction comes in its place", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key(""), prefixEnd(key(""))));
    await txn(etcd, [putOp(key("a"), "1"), txnOp([putOp(key("b"), "2")]), putOp(key("c"), "3")]);
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("a")}=1`, `PUT ${key("b")}=2`, `PUT ${key("c")}=3`]);
  });
  scenario("50: a key is changed once in a transaction", async ({ etcd, key }) => {
    const revision = await etcd.revision();
    expect(await failure(txn(etcd, [putOp(key("k")), deleteOp(key("k"))]))).toBe(DUPLICATE_KEY);
    expect(await failure(txn(etcd, [putOp(key("k")), putOp(key("k"))]))).toBe(DUPLICATE_KEY);
    expect(await failure(txn(etcd, [putOp(key("k")), txnOp([putOp(key("k"))])]))).toBe(DUPLICATE_KEY);
    expect(await etcd.revision()).toBe(revision);
  });
  scenario("51: but for nested transactions side by side, the put before the delete", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    await txn(etcd, [txnOp([putOp(key("k"), "1")]), txnOp([deleteOp(key("k"))])]);
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("k")}=1`, `DELETE ${key("k")}`]);
    expect(await failure(txn(etcd, [txnOp([deleteOp(key("k"))]), txnOp([putOp(key("k"), "1")])]))).toBe(DUPLICATE_KEY);
  });
  scenario("a delete to the open end overlaps no put, by etcd's reading of its end", async ({ etcd, key }) => {
    // Far above every key of other scenarios: what is deleted here is gone for all.
    const high = (name: string): string => `\xfe${key(name)}`;
    await etcd.put(high("a"));
    const response = await txn(etcd, [putOp(high("b")), deleteOp(high("a"), "\0")]);
    expect(response.responses.map(({ response: answer }) => answer?.$case)).toEqual(["responsePut", "responseDeleteRange"]);
    const left = await etcd.call("KV", "range", span(high("a"), "\0"));
    expect(left.kvs).toHaveLength(0);
  });
  scenario("both changes of a key in one transaction are sent on replay too", async ({ etcd, watch, key }) => {
    const response = await txn(etcd, [txnOp([putOp(key("k"), "1")]), txnOp([deleteOp(key("k"))])]);
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: response.header?.revision ?? 0n });
    expect(await stream.events(2)).toEqual([`PUT ${key("k")}=1`, `DELETE ${key("k")}`]);
  });
  scenario("52: a transaction whose comparison fails changes nothing", async ({ etcd, key }) => {
    const revision = await etcd.revision();
    const compare: Compare = { result: 1, target: 0, key: Buffer.from(key("k")), targetUnion: undefined, rangeEnd: Buffer.alloc(0) };
    const response = await txn(etcd, [putOp(key("k"))], [compare]);
    expect(response).toMatchObject({ succeeded: false, responses: [] });
    expect(response.header?.revision).toBe(revision);
  });
  scenario("53: a put says its lease", async ({ etcd, watch, key }) => {
    const { ID: lease } = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    const stream = watch();
    await stream.created(span(key("k")));
    await etcd.put(key("k"), "v", { lease });
    expect((await stream.next()).events[0]?.kv?.lease).toBe(lease);
  });
  scenario("54: what a put is told to ignore stays", async ({ etcd, watch, key }) => {
    const { ID: lease } = await etcd.call("Lease", "leaseGrant", { TTL: 6000n });
    await etcd.put(key("k"), "v", { lease });
    const stream = watch();
    await stream.created(span(key("k")));
    await etcd.put(key("k"), "w", { ignoreLease: true });
    await etcd.put(key("k"), "", { ignoreValue: true });
    expect((await stream.next()).events[0]?.kv).toMatchObject({ lease });
    const second = await stream.next();
    expect(eventsOf(second)).toEqual([`PUT ${key("k")}=w`]);
    expect(second.events[0]?.kv?.lease).toBe(0n);
  });
  scenario("55: keys are bytes, of any value, and matched as such", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("\0\xff"), key("\xff\0\x01")));
    const inside = ["\0\xff", "\0\xff\0", "\x01", "\x80", "\xff", "\xff\0", "\xff\0\0"];
    const outside = ["\0", "\0\xfe\xff", "\xff\0\x01", "\xff\x01", "\xff\xff"];
    const one = watch();
    await one.created(span(key("\xff\0")));
    for (const name of [...outside, ...inside]) await etcd.put(key(name), "1");
    expect(await stream.events(inside.length)).toEqual(inside.map((name) => `PUT ${key(name)}=1`));
    expect(await one.events(1)).toEqual([`PUT ${key("\xff\0")}=1`]);
    await stream.quiet();
    await one.quiet(50);
  });
  scenario("56, 57: a revision is a response, for each watch that it concerns", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    await stream.created(span(key("k"), prefixEnd(key("k"))));
    const first = await etcd.put(key("k"), "0");
    for (let value = 1; value < 10; value++) await etcd.put(key("k"), String(value));
    const responses = [];
    while (responses.length < 20) responses.push(await stream.next());
    for (const watchId of [0n, 1n]) {
      const revisions = responses.filter((response) => response.watchId === watchId).map(({ header }) => header?.revision);
      expect(revisions).toEqual(Array.from({ length: 10 }, (_, index) => first + BigInt(index)));
    }
  });
  scenario("58: 200 puts at once come once each and in order", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("p/"), prefixEnd(key("p/"))));
    await Promise.all(Array.from({ length: 200 }, (_, index) => etcd.put(key(`p/${index}`))));
    const revisions: bigint[] = [];
    while (revisions.length < 200) revisions.push(...(await stream.next()).events.map(({ kv }) => kv?.modRevision ?? 0n));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => Number(a - b)));
  });
  scenario("59, 60, 61, 62, 65, 66: the pair before, for those who ask for it", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), prevKv: true });
    const plain = watch();
    await plain.created(span(key("k")));
    const first = await etcd.put(key("k"), "1");
    await etcd.put(key("k"), "2");
    await etcd.delete(key("k"));
    await etcd.put(key("k"), "3");
    const previous = [];
    for (let count = 0; count < 4; count++) {
      previous.push((await stream.next()).events[0]?.prevKv);
      expect((await plain.next()).events[0]?.prevKv).toBeUndefined();
    }
    expect(previous[0]).toBeUndefined();
    expect(previous[1]).toMatchObject({ modRevision: first, createRevision: first, version: 1n });
    expect(previous[2]).toMatchObject({ modRevision: first + 1n, createRevision: first, version: 2n });
    expect(previous[3]).toBeUndefined();
  });
  scenario("63, 64: on replay each event has its own, unless compaction took it", async ({ etcd, watch, key }) => {
    await etcd.put(key("k"), "1");
    const second = await etcd.put(key("k"), "2");
    await etcd.put(key("k"), "3");
    await etcd.compact(second);
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: second, prevKv: true });
    const { events: replayed } = await stream.next();
    expect(replayed.map(({ prevKv }) => prevKv?.modRevision)).toEqual([undefined, second]);
  });
  const filterCases = [
    { number: 67, says: "NOPUT leaves deletes", filters: [0], left: (key: string) => [`DELETE ${key}`] },
    { number: 68, says: "NODELETE leaves puts", filters: [1], left: (key: string) => [`PUT ${key}=1`, `PUT ${key}=2`] },
    { number: 69, says: "both leave nothing, not even an empty response", filters: [0, 1], left: () => [] },
  ] as const;
  for (const { number, says, filters, left } of filterCases) {
    scenario(`${number}: ${says}`, async ({ etcd, watch, key }) => {
      const stream = watch();
      await stream.created({ ...span(key("k")), filters: [...filters] });
      await etcd.put(key("k"), "1");
      await etcd.delete(key("k"));
      await etcd.put(key("k"), "2");
      const wanted = left(key("k"));
      expect(await stream.events(wanted.length)).toEqual(wanted);
      await stream.quiet();
    });
  }
  scenario("70: filters pick within a transaction", async ({ etcd, watch, key }) => {
    await etcd.put(key("p/b"));
    const stream = watch();
    await stream.created({ ...span(key("p/"), prefixEnd(key("p/"))), filters: [0] });
    await txn(etcd, [putOp(key("p/a")), deleteOp(key("p/b"))]);
    expect(eventsOf(await stream.next())).toEqual([`DELETE ${key("p/b")}`]);
  });
  scenario("71: filters pick from history as well, in its order", async ({ etcd, watch, key }) => {
    const range = span(key("p/"), prefixEnd(key("p/")));
    const first = await etcd.put(key("p/a"), "1");
    await etcd.delete(key("p/a"));
    await etcd.put(key("p/b"), "2");
    await etcd.put(key("p/a"), "3");
    await etcd.delete(key("p/b"));
    const [noPut, noDelete, neither] = [watch(), watch(), watch()];
    await noPut.created({ ...range, filters: [0], startRevision: first });
    await noDelete.created({ ...range, filters: [1], startRevision: first });
    await neither.created({ ...range, filters: [0, 1], startRevision: first });
    expect(await noPut.events(2)).toEqual([`DELETE ${key("p/a")}`, `DELETE ${key("p/b")}`]);
    expect(await noDelete.events(3)).toEqual([`PUT ${key("p/a")}=1`, `PUT ${key("p/b")}=2`, `PUT ${key("p/a")}=3`]);
    for (const stream of [noPut, noDelete, neither]) await stream.quiet(neither === stream ? undefined : 50);
  });
};
