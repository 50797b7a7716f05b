import { expect } from "vitest";
import { eventsOf, span } from "../support/raw-watch.ts";
import { prefixEnd, scenarioFor } from "./scenario.ts";
import type { ScenarioSuite } from "./scenario.ts";

const DUPLICATE = "mvcc: duplicate watch ID provided on the WatchStream";
const EMPTY_RANGE = "mvcc: watcher range is empty";

/** Scenarios 1 to 19. */
export const createAndIds: ScenarioSuite = (server) => {
  const scenario = scenarioFor(server);

  scenario("1: created says the id, the revision, and nothing else", async ({ etcd, watch, key }) => {
    const revision = await etcd.revision();
    const created = await watch().created(span(key("a")));
    expect(created).toMatchObject({ created: true, canceled: false, watchId: 0n, compactRevision: 0n, cancelReason: "", fragment: false });
    expect(created.events).toEqual([]);
    expect(created.header?.revision).toBe(revision);
    expect(created.header?.clusterId).not.toBe(0n);
    expect(created.header?.raftTerm).not.toBe(0n);
  });
  scenario("2: pipelined creates are answered in order with ids 0, 1, 2", async ({ watch, key }) => {
    const stream = watch();
    for (const name of ["a", "b", "c"]) stream.create(span(key(name)));
    const ids = [await stream.next(), await stream.next(), await stream.next()].map(({ watchId, created }) => [watchId, created]);
    expect(ids).toEqual([
      [0n, true],
      [1n, true],
      [2n, true],
    ]);
  });
  scenario("3: an id of the client's choosing is used", async ({ etcd, watch, key }) => {
    const stream = watch();
    expect((await stream.created({ ...span(key("a")), watchId: 7n })).watchId).toBe(7n);
    await etcd.put(key("a"));
    expect((await stream.next()).watchId).toBe(7n);
  });
  scenario("4: an id in use is refused, and the watch that has it goes on", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("a")), watchId: 7n });
    const refused = await stream.created({ ...span(key("b")), watchId: 7n });
    expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n, cancelReason: DUPLICATE, compactRevision: 0n });
    expect(refused.header?.revision).toBe(await etcd.revision());
    await etcd.put(key("a"));
    expect((await stream.next()).watchId).toBe(7n);
  });
  scenario("5: ids in use are skipped", async ({ watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("a")), watchId: 1n });
    expect((await stream.created(span(key("b")))).watchId).toBe(0n);
    expect((await stream.created(span(key("c")))).watchId).toBe(2n);
  });
  scenario("6: the id of a cancelled watch is not given out again", async ({ watch, key }) => {
    const stream = watch();
    await stream.created(span(key("a")));
    stream.cancel(0n);
    await stream.next();
    expect((await stream.created(span(key("a")))).watchId).toBe(1n);
  });
  scenario("7: an id of the client's choosing can be used again after a cancel", async ({ watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("a")), watchId: 5n });
    stream.cancel(5n);
    await stream.next();
    expect(await stream.created({ ...span(key("a")), watchId: 5n })).toMatchObject({ created: true, canceled: false, watchId: 5n });
  });
  scenario("8: streams have ids of their own", async ({ etcd, watch, key }) => {
    const [first, second] = [watch(), watch()];
    expect((await first.created(span(key("a")))).watchId).toBe(0n);
    expect((await second.created(span(key("a")))).watchId).toBe(0n);
    await etcd.put(key("a"), "1");
    expect(eventsOf(await first.next())).toEqual(eventsOf(await second.next()));
  });
  scenario("9: a negative id is as good as any", async ({ etcd, watch, key }) => {
    const stream = watch();
    expect((await stream.created({ ...span(key("a")), watchId: -5n })).watchId).toBe(-5n);
    await etcd.put(key("a"));
    expect((await stream.next()).watchId).toBe(-5n);
  });
  scenario("10: no key at all is the key 0x00", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({});
    await etcd.put(key("a"));
    await etcd.put("\0", "zero");
    expect(eventsOf(await stream.next())).toEqual(["PUT \0=zero"]);
    await etcd.delete("\0");
  });
  scenario("11: no key with the open end is every key", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ rangeEnd: Buffer.from([0]) });
    await etcd.put(key("a"), "1");
    expect(eventsOf(await stream.next())).toEqual([`PUT ${key("a")}=1`]);
  });
  scenario("12: a key with the open end is every key from there on", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("m"), "\0"));
    await etcd.put(key("l"));
    await etcd.put(key("m"));
    await etcd.put(key("z"));
    expect(await stream.events(2)).toEqual([`PUT ${key("m")}=`, `PUT ${key("z")}=`]);
  });
  for (const [number, begin] of [
    ["13", "a"],
    ["14", "b"],
  ] as const) {
    scenario(`${number}: a range that ends where it begins, or before, is refused`, async ({ etcd, watch, key }) => {
      const stream = watch();
      const refused = await stream.created(span(key(begin), key("a")));
      expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n, cancelReason: EMPTY_RANGE });
      expect(refused.header?.revision).toBe(await etcd.revision());
      expect(await stream.created(span(key("a")))).toMatchObject({ created: true, canceled: false, watchId: 0n });
    });
  }
  scenario("15: a range is bytewise and leaves its end out", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("foo"), key("fop")));
    for (const name of ["fo", "foo", "foo1", "foo\xff", "fop"]) await etcd.put(key(name));
    expect(await stream.events(3)).toEqual(["foo", "foo1", "foo\xff"].map((name) => `PUT ${key(name)}=`));
    await stream.quiet();
  });
  scenario("16: from k to k0x00 is k alone", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k"), key("k\0")));
    await etcd.put(key("k\0"));
    await etcd.put(key("k"));
    expect(await stream.events(1)).toEqual([`PUT ${key("k")}=`]);
  });
  scenario("17: an empty request is no request", async ({ watch, key }) => {
    const stream = watch();
    stream.send({});
    expect(await stream.created(span(key("a")))).toMatchObject({ created: true, watchId: 0n });
  });
  scenario("18: an unknown filter filters nothing", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("a")), filters: [9 as never] });
    await etcd.put(key("a"));
    await etcd.delete(key("a"));
    expect(await stream.events(2)).toEqual([`PUT ${key("a")}=`, `DELETE ${key("a")}`]);
  });
  scenario("19: a stream without requests says nothing", async ({ watch, etcd, key }) => {
    const stream = watch();
    await etcd.put(key("a"));
    await stream.quiet();
  });
  scenario("a watch of a prefix is found among many ranges", async ({ etcd, watch, key }) => {
    const stream = watch();
    for (let index = 0; index < 50; index++) await stream.created(span(key(`p${index}/`), prefixEnd(key(`p${index}/`))));
    await etcd.put(key("p7/x"));
    expect((await stream.next()).watchId).toBe(7n);
    await stream.quiet(50);
  });
};
