import { expect } from "vitest";
import type { WatchResponse } from "../../../../src/gen/rpc.ts";
import { failure, RawEtcd } from "../support/raw-etcd.ts";
import { eventsOf, span } from "../support/raw-watch.ts";
import { putOp } from "./operations.ts";
import { prefixEnd, scenarioFor } from "./scenario.ts";
import type { ScenarioSuite } from "./scenario.ts";

const MIB = 1024 * 1024;

/** Scenarios 72 to 98: cancel, progress, fragments, streams. */
export const streams: ScenarioSuite = (server, generation) => {
  const scenario = scenarioFor(server);
  const current = generation === "current";

  scenario("72, 73, 75: a cancel is acknowledged once, and silences its watch alone", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    await stream.created(span(key("k")));
    stream.cancel(0n);
    const response = await stream.next();
    expect(response).toMatchObject({ canceled: true, created: false, watchId: 0n, cancelReason: "", compactRevision: 0n });
    expect(response.header?.revision).toBe(await etcd.revision());
    stream.cancel(0n);
    await etcd.put(key("k"));
    expect((await stream.next()).watchId).toBe(1n);
    await stream.quiet(50);
  });
  scenario("74: a cancel of what is not there is not answered", async ({ watch, key }) => {
    const stream = watch();
    stream.cancel(42n);
    expect((await stream.created(span(key("k")))).created).toBe(true);
  });
  scenario("76, 77: create and cancel can be sent together, also of a watch that is behind", async ({ etcd, watch, key }) => {
    const revision = await etcd.put(key("k"));
    const stream = watch();
    stream.create({ ...span(key("k")), watchId: 3n, startRevision: revision });
    stream.cancel(3n);
    expect(await stream.next()).toMatchObject({ created: true, watchId: 3n });
    expect(await stream.next()).toMatchObject({ canceled: true, watchId: 3n });
    await stream.quiet();
  });
  scenario("78, 83: progress of all says the store's revision", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    const revision = await etcd.put(key("other"));
    stream.progress();
    const response = await stream.next();
    expect(response).toMatchObject({ watchId: -1n, created: false, canceled: false, events: [] });
    expect(response.header?.revision).toBe(revision);
  });
  scenario("79: a stream without watches has no progress, but in 3.4.23", async ({ watch }) => {
    const stream = watch();
    stream.progress();
    if (current) await stream.quiet();
    else expect((await stream.next()).watchId).toBe(-1n);
  });
  if (current) {
    scenario("80: no progress before history", async ({ etcd, watch, key }) => {
      const revision = await etcd.put(key("k"));
      const stream = watch();
      await stream.created({ ...span(key("k")), startRevision: revision });
      stream.progress();
      expect((await stream.next()).events).toHaveLength(1);
      stream.progress();
      expect((await stream.next()).watchId).toBe(-1n);
    });
    scenario("81: no progress below a start revision", async ({ etcd, watch, key }) => {
      const revision = await etcd.revision();
      const stream = watch();
      await stream.created({ ...span(key("k")), startRevision: revision + 1n });
      stream.progress();
      await stream.quiet();
      await etcd.put(key("other"));
      stream.progress();
      expect((await stream.next()).header?.revision).toBe(revision + 1n);
    });
  } else {
    scenario("81 (3.4.23): progress is answered below a start revision", async ({ etcd, watch, key }) => {
      const stream = watch();
      await stream.created({ ...span(key("k")), startRevision: (await etcd.revision()) + 1n });
      stream.progress();
      expect((await stream.next()).watchId).toBe(-1n);
    });
  }
  scenario("84, 85: progress in time, for the watch that asked for it", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true });
    await stream.created(span(key("k")));
    const revision = await etcd.revision();
    for (let count = 0; count < 2; count++) {
      const response = await stream.next(1_000);
      expect(response).toMatchObject({ watchId: 0n, events: [], created: false, canceled: false });
      expect(response.header?.revision).toBe(revision);
    }
  });
  scenario("87: filters do not touch progress", async ({ watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true, filters: [0, 1] });
    expect((await stream.next(1_000)).events).toEqual([]);
  });
  scenario("88, 89: large history in pieces, if the watch takes them", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("p/1"), "x".repeat(MIB));
    await etcd.put(key("p/2"), "x".repeat(MIB));
    await etcd.put(key("p/3"), "x".repeat(MIB));
    const range = span(key("p/"), prefixEnd(key("p/")));
    const stream = watch();
    await stream.created({ ...range, startRevision: first, fragment: true });
    const pieces = [await stream.next(), await stream.next(), await stream.next()];
    expect(pieces.map(({ fragment, events, header }) => [fragment, events.length, header?.revision])).toEqual([
      [true, 1, first + 2n],
      [true, 1, first + 2n],
      [false, 1, first + 2n],
    ]);
    const whole = watch();
    await whole.created({ ...range, startRevision: first });
    expect((await whole.next()).events).toHaveLength(3);
  });
  scenario("90, 91: what is small, or one event, is not split", async ({ etcd, watch, key }) => {
    const first = await etcd.put(key("k"), "x".repeat(1.4 * MIB));
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: first, fragment: true });
    expect(await stream.next()).toMatchObject({ fragment: false });
    await etcd.put(key("k"), "small");
    expect(await stream.next()).toMatchObject({ fragment: false });
  });
  scenario("92: the pairs before count, and a revision may be split", async ({ etcd, watch, key }) => {
    const value = "x".repeat(0.7 * MIB);
    await etcd.put(key("p/1"), value);
    await etcd.put(key("p/2"), value);
    const stream = watch();
    await stream.created({ ...span(key("p/"), prefixEnd(key("p/"))), fragment: true, prevKv: true });
    await etcd.call("KV", "txn", { compare: [], success: [putOp(key("p/1"), value), putOp(key("p/2"), value)], failure: [] });
    const pieces = [await stream.next(), await stream.next()];
    expect(pieces.map(({ fragment, events }) => [fragment, events.length])).toEqual([
      [true, 1],
      [false, 1],
    ]);
    expect(pieces[0]?.events[0]?.kv?.modRevision).toBe(pieces[1]?.events[0]?.kv?.modRevision);
  });
  scenario("93, 94: what is too large, for etcd and for gRPC", async ({ etcd, key }) => {
    expect(await failure(etcd.put(key("k"), "x".repeat(1.6 * MIB)))).toBe("3 etcdserver: request is too large");
    const tooLarge = await failure(etcd.put(key("k"), "x".repeat(3 * MIB)));
    expect(tooLarge).toMatch(/^8 grpc: received message larger than max \(31457\d\d vs\. 2097152\)$/);
  });
  scenario("95: a client that has no more requests keeps its watches", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    stream.halfClose();
    await etcd.put(key("k"), "1");
    await etcd.put(key("k"), "2");
    expect(await stream.events(2)).toEqual([`PUT ${key("k")}=1`, `PUT ${key("k")}=2`]);
  });
  scenario("96: a call that is cancelled leaves the others alone", async ({ etcd, watch, key }) => {
    const [first, second] = [watch(), watch()];
    await first.created(span(key("k")));
    await second.created(span(key("k")));
    first.close();
    expect(await first.ended).toMatchObject({ code: 1 });
    await etcd.put(key("k"), "1");
    expect(await second.events(1)).toEqual([`PUT ${key("k")}=1`]);
  });
  scenario("98: a client that stops reading loses nothing", async ({ etcd, watch, key, endpoint }) => {
    const writer = new RawEtcd(endpoint);
    const stream = watch();
    await stream.created(span(key("k")));
    stream.pause();
    const value = "x".repeat(2_000);
    for (let sent = 0; sent < 2_000; sent += 100) await Promise.all(Array.from({ length: 100 }, () => writer.put(key("k"), value)));
    stream.resume();
    const revisions: bigint[] = [];
    const last = await etcd.revision();
    while (revisions.at(-1) !== last) {
      const response: WatchResponse = await stream.next();
      expect(response.canceled).toBe(false);
      revisions.push(...response.events.map(({ kv }) => kv?.modRevision ?? 0n));
    }
    expect(revisions).toHaveLength(2_000);
    expect(revisions.every((revision, index) => index === 0 || revision === (revisions[index - 1] ?? 0n) + 1n)).toBe(true);
    writer.close();
  });
  scenario("86: events put timed progress off", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true });
    const untilMs = performance.now() + 700;
    while (performance.now() < untilMs) {
      await etcd.put(key("k"), "1");
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(stream.responses.slice(1).every(({ events }) => events.length > 0)).toBe(true);
    for (;;) {
      const response = await stream.next(1_000);
      if (eventsOf(response).length === 0) break;
    }
  });
};
