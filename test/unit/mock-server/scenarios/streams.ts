import { Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished } from "vitest";
import type { WatchResponse } from "../../../../src/gen/rpc.ts";
import { failure, RawEtcd } from "../support/raw-etcd.ts";
import { span } from "../support/raw-watch.ts";
import type { RawWatch } from "../support/raw-watch.ts";
import { putOp } from "./operations.ts";
import { prefixEnd, scenarioFor, versionedScenarioFor } from "./scenario.ts";
import type { Scenario, ScenarioSuite } from "./scenario.ts";

const MIB = 1024 * 1024;

/** Scenarios 72 to 77 and 88 to 100: cancel, fragments, streams. */
export const streams: ScenarioSuite = (server, traits) => {
  const scenario = scenarioFor(server);
  const versioned = versionedScenarioFor(server, traits);

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
  scenario("97: a stream that asks for a leader is served while there is one", async ({ etcd, watch, key }) => {
    const metadata = new Metadata();
    metadata.set("hasleader", "true");
    const stream = watch(metadata);
    expect(await stream.created(span(key("k")))).toMatchObject({ created: true, canceled: false });
    await etcd.put(key("k"), "1");
    expect(await stream.events(1)).toEqual([`PUT ${key("k")}=1`]);
  });
  scenario("98: a client that stops reading loses nothing", async (scene) => {
    const { stream, first, last } = await behindBy(2_000, scene);
    stream.resume();
    const { revisions, canceled } = await readUntil(last, stream);
    expect(canceled).toBeUndefined();
    expect(revisions).toEqual(everyRevision(first, last));
  });
  versioned(99, "hasNoGapAfterCompaction", {
    holds: [
      "a client that stops reading until compaction has passed it is told so, and no change is left out before",
      async (scene) => {
        const { stream, writer, first, last } = await behindBy(2_000, scene);
        await writer.compact(last);
        stream.resume();
        const { revisions, canceled } = await readUntil(last, stream);
        const reached = revisions.at(-1) ?? first - 1n;
        expect(revisions).toEqual(everyRevision(first, reached));
        if (reached !== last) expect(canceled).toMatchObject({ compactRevision: last, created: false, cancelReason: "" });
      },
    ],
    before: [
      "a client that stops reading until compaction has passed it may miss changes, and sees the others in order",
      async (scene) => {
        const { stream, writer, last } = await behindBy(2_000, scene);
        await writer.compact(last);
        stream.resume();
        const { revisions } = await readUntil(last, stream);
        expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => Number(a - b)));
      },
    ],
  });
  scenario("100: after a restart a watch goes on where it was", async ({ startFresh }) => {
    const server = await startFresh();
    try {
      const etcd = new RawEtcd(server.endpoint);
      const stream = etcd.watch();
      await stream.created(span("k"));
      const first = await etcd.put("k", "1");
      await etcd.put("k", "2");
      expect(await stream.events(2)).toEqual(["PUT k=1", "PUT k=2"]);
      stream.close();
      await etcd.put("k", "3");
      etcd.close();
      await server.restart();
      const again = new RawEtcd(server.endpoint);
      await again.put("k", "4");
      const resumed = again.watch();
      await resumed.created({ ...span("k"), startRevision: first + 2n });
      await again.put("k", "5");
      expect(await resumed.events(3)).toEqual(["PUT k=3", "PUT k=4", "PUT k=5"]);
      await resumed.quiet();
      resumed.close();
      again.close();
    } finally {
      await server.stop();
    }
  });
};

interface Behind {
  readonly stream: RawWatch;
  /** On a connection of its own: that of the stream is full. */
  readonly writer: RawEtcd;
  readonly first: bigint;
  readonly last: bigint;
}

/** A watch whose client has not read while its key was put so many times. */
async function behindBy(puts: number, { watch, key, endpoint }: Scenario): Promise<Behind> {
  const writer = new RawEtcd(endpoint);
  onTestFinished(() => {
    writer.close();
  });
  const stream = watch();
  await stream.created(span(key("k")));
  stream.pause();
  const value = "x".repeat(2_000);
  const revisions: bigint[] = [];
  while (revisions.length < puts) revisions.push(...(await Promise.all(Array.from({ length: 100 }, () => writer.put(key("k"), value)))));
  const [first = 0n] = revisions;
  return { stream, writer, first: revisions.reduce((a, b) => (a < b ? a : b), first), last: revisions.reduce((a, b) => (a > b ? a : b)) };
}

/** Reads to the change at that revision, or to the end that the server makes of the watch, or until nothing more comes. */
async function readUntil(last: bigint, stream: RawWatch): Promise<{ revisions: bigint[]; canceled: WatchResponse | undefined }> {
  const revisions: bigint[] = [];
  while (revisions.at(-1) !== last) {
    const response = await stream.next(3_000).catch(() => undefined);
    if (response === undefined) break;
    if (response.canceled) return { revisions, canceled: response };
    revisions.push(...response.events.map(({ kv }) => kv?.modRevision ?? 0n));
  }
  return { revisions, canceled: undefined };
}

function everyRevision(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index));
}
