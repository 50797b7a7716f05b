import { expect } from "vitest";
import { eventsOf, span } from "../support/raw-watch.ts";
import type { RawWatch } from "../support/raw-watch.ts";
import { putOp } from "./operations.ts";
import { prefixEnd, scenarioFor, versionedScenarioFor } from "./scenario.ts";
import type { Scenario, ScenarioSuite } from "./scenario.ts";

/** Scenarios 20 to 37. */
export const startRevisions: ScenarioSuite = (server, traits) => {
  const scenario = scenarioFor(server);
  const versioned = versionedScenarioFor(server, traits);

  scenario("20: start revision 0 is from now on", async ({ etcd, watch, key }) => {
    await etcd.put(key("a"), "before");
    const stream = watch();
    await stream.created(span(key("a")));
    await etcd.put(key("a"), "after");
    expect(await stream.events(1)).toEqual([`PUT ${key("a")}=after`]);
  });
  scenario("21: the current revision is part of what is sent", async ({ etcd, watch, key }) => {
    const revision = await etcd.put(key("a"), "1");
    const stream = watch();
    expect((await stream.created({ ...span(key("a")), startRevision: revision })).events).toEqual([]);
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("a")}=1`]);
  });
  scenario("22: the next revision is quiet until there is one", async ({ etcd, watch, key }) => {
    const revision = await etcd.put(key("a"), "1");
    const stream = watch();
    await stream.created({ ...span(key("a")), startRevision: revision + 1n });
    await stream.quiet();
    await etcd.put(key("a"), "2");
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("a")}=2`]);
  });
  scenario("23: a revision in the future leaves out what comes before it", async ({ etcd, watch, key }) => {
    const revision = await etcd.revision();
    const stream = watch();
    await stream.created({ ...span(key("a")), startRevision: revision + 5n });
    for (const value of ["1", "2", "3", "4", "5"]) await etcd.put(key("a"), value);
    const response = await stream.next();
    expect(eventsOf(response)).toEqual([`PUT ${key("a")}=5`]);
    expect(response.header?.revision).toBe(revision + 5n);
  });
  scenario("24: history comes whole and in one response", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("k"), "1");
    await etcd.put(key("k"), "2");
    await etcd.delete(key("k"));
    const last = await etcd.put(key("k"), "3");
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: first });
    const response = await stream.next();
    expect(response.events.map(({ type, kv }) => [type, kv?.createRevision, kv?.modRevision, kv?.version])).toEqual([
      [0, first, first, 1n],
      [0, first, first + 1n, 2n],
      [1, 0n, first + 2n, 0n],
      [0, last, last, 1n],
    ]);
  });
  scenario("25: the header of history is the store's revision", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("k"));
    const last = await etcd.put(key("other"));
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: first });
    expect((await stream.next()).header?.revision).toBe(last);
  });
  scenario("26: history without a match is silent", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("other"));
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: first });
    await stream.quiet();
    await etcd.put(key("k"), "1");
    expect(await stream.events(1)).toEqual([`PUT ${key("k")}=1`]);
  });
  scenario("27: history comes in batches of 1000 revisions", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("k"), "0");
    for (let done = 1; done < 1500; done += 100) {
      await Promise.all(Array.from({ length: Math.min(100, 1500 - done) }, () => etcd.put(key("k"), "x")));
    }
    const revision = await etcd.revision();
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: first });
    const batches = [await stream.next(), await stream.next()];
    expect(batches.map(({ events, header, fragment }) => [events.length, header?.revision, fragment])).toEqual([
      [1000, revision, false],
      [500, revision, false],
    ]);
  });
  scenario("28: a revision is never split over two batches", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("p/0"));
    for (let done = 1; done < 999; done++) await etcd.put(key("p/0"), String(done));
    const success = ["a", "b", "c", "d", "e"].map((name) => putOp(key(`p/${name}`)));
    await etcd.call("KV", "txn", { compare: [], success, failure: [] });
    for (let done = 0; done < 10; done++) await etcd.put(key("p/0"), String(done));
    const stream = watch();
    await stream.created({ ...span(key("p/"), prefixEnd(key("p/"))), startRevision: first });
    expect((await stream.next()).events).toHaveLength(1004);
    expect((await stream.next()).events).toHaveLength(10);
  });
  scenario("29: a start below the compaction is created, then cancelled", async ({ etcd, watch, key }) => {
    await etcd.put(key("k"), "1");
    const compacted = await etcd.put(key("k"), "2");
    await etcd.compact(compacted);
    const stream = watch();
    expect(await stream.created({ ...span(key("k")), startRevision: compacted - 1n })).toMatchObject({ created: true, canceled: false });
    const cancelled = await stream.next();
    expect(cancelled).toMatchObject({ created: false, canceled: true, watchId: 0n, compactRevision: compacted, cancelReason: "" });
    expect(cancelled.events).toEqual([]);
    expect(cancelled.header?.revision).toBe(0n);
    expect(cancelled.header?.memberId).not.toBe(0n);
  });
  scenario("30: a start at the compaction is served", async ({ etcd, watch, key }) => {
    const compacted = await etcd.put(key("k"), "1");
    await etcd.put(key("k"), "2");
    await etcd.compact(compacted);
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: compacted });
    expect(await stream.events(2)).toEqual([`PUT ${key("k")}=1`, `PUT ${key("k")}=2`]);
  });
  const watchFromTombstone = async ({ etcd, watch, key }: Scenario): Promise<{ readonly seen: string[]; readonly key: string }> => {
    await etcd.put(key("k"), "1");
    const compacted = await etcd.delete(key("k"));
    await etcd.put(key("k"), "2");
    await etcd.compact(compacted);
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: compacted });
    return { seen: eventsOf(await stream.next()), key: key("k") };
  };
  versioned(31, "keepsTombstoneAtCompaction", {
    holds: [
      "a tombstone at the compaction is served",
      async (scene) => {
        const { seen, key } = await watchFromTombstone(scene);
        expect(seen).toEqual([`DELETE ${key}`, `PUT ${key}=2`]);
      },
    ],
    before: [
      "a tombstone at the compaction is lost",
      async (scene) => {
        const { seen, key } = await watchFromTombstone(scene);
        expect(seen).toEqual([`PUT ${key}=2`]);
      },
    ],
  });
  scenario("32: a synced watch survives a compaction", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    await etcd.compact(await etcd.put(key("other")));
    await etcd.put(key("k"), "1");
    expect(await stream.events(1)).toEqual([`PUT ${key("k")}=1`]);
  });
  versioned(33, "refusesNegativeStart", {
    holds: [
      "a negative start revision is refused",
      async ({ etcd, watch, key }) => {
        const refused = await watch().created({ ...span(key("k")), startRevision: -1n });
        expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n, compactRevision: 0n });
        expect(refused.cancelReason).toBe("etcdserver: mvcc: required revision has been compacted");
        expect(refused.header?.revision).toBe(await etcd.revision());
      },
    ],
    before: [
      "a negative start revision is created, then cancelled by compaction",
      async ({ etcd, watch, key }) => {
        const compacted = await etcd.put(key("other"));
        await etcd.compact(compacted);
        const stream = watch();
        expect(await stream.created({ ...span(key("k")), startRevision: -1n })).toMatchObject({ created: true, canceled: false });
        expect(await stream.next()).toMatchObject({ canceled: true, compactRevision: compacted });
      },
    ],
  });
  scenario("34, 35: an id that compaction has cancelled is in use until it is cancelled again", async ({ etcd, watch, key }) => {
    const compacted = await etcd.put(key("k"));
    await etcd.compact(compacted);
    const stream = watch();
    await stream.created({ ...span(key("k")), watchId: 9n, startRevision: compacted - 1n });
    expect(await stream.next()).toMatchObject({ canceled: true, compactRevision: compacted });
    expect(await stream.created({ ...span(key("k")), watchId: 9n })).toMatchObject({ created: true, canceled: true, watchId: -1n });
    stream.cancel(9n);
    const acknowledged = await stream.next();
    expect(acknowledged).toMatchObject({ created: false, canceled: true, watchId: 9n, compactRevision: 0n });
    expect(acknowledged.header?.revision).toBe(await etcd.revision());
    stream.cancel(9n);
    await stream.quiet();
  });
  const besideOneCompacted = async ({ etcd, watch, key }: Scenario): Promise<RawWatch> => {
    const compacted = await etcd.put(key("k"));
    await etcd.compact(compacted);
    const stream = watch();
    await stream.created(span(key("k")));
    await stream.created({ ...span(key("k")), watchId: 9n, startRevision: compacted - 1n });
    expect(await stream.next()).toMatchObject({ watchId: 9n, canceled: true });
    stream.progress();
    return stream;
  };
  versioned(36, "progressWaitsForAll", {
    holds: [
      "a watch that compaction has cancelled withholds progress until it is cancelled",
      async (scene) => {
        const stream = await besideOneCompacted(scene);
        await stream.quiet();
        stream.cancel(9n);
        await stream.next();
        stream.progress();
        expect(await stream.next()).toMatchObject({ watchId: -1n, canceled: false });
      },
    ],
    before: [
      "a watch that compaction has cancelled does not withhold progress",
      async (scene) => {
        const stream = await besideOneCompacted(scene);
        expect(await stream.next()).toMatchObject({ watchId: -1n, canceled: false, events: [] });
      },
    ],
  });
  scenario("37: a watch from far in the future survives a compaction", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: 2n ** 62n });
    await etcd.compact(await etcd.put(key("k")));
    await stream.quiet();
  });
};
