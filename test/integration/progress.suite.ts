import { isCompactedError, isRpcError, isUnsupportedError, type WatchChannel, type WatchOptions } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { writeHistory } from "../support/history.ts";
import { brief, observe, type ObservedWatch } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import { hasChange } from "../support/server-version.ts";
import type { ServerNeeds, Suite } from "../support/servers.ts";
import { put, remove } from "../support/writes.ts";

/** Upstream's tests use the same. etcd takes no less than 100. */
export const progressNeeds: ServerNeeds = { progressNotifyIntervalMs: 200 };
const NOTICE_MS = 2_000;

/** Waits for a notice that everything up to `revision` has been sent. */
async function waitForNotice(seen: ObservedWatch, revision: bigint): Promise<void> {
  await eventually(() => seen.responses.some((response) => response.isProgressNotify && response.header.revision >= revision), {
    describe: () => `no notice of ${String(revision)} came`,
  });
}

/** What a record with notices must be like: see "bookmarkable" among etcd's guarantees. */
function expectBookmarkable({ responses }: ObservedWatch): void {
  let noticed = 0n;
  for (const { isProgressNotify, header, events } of responses) {
    if (isProgressNotify) {
      expect(header.revision).toBeGreaterThanOrEqual(noticed);
      noticed = header.revision;
    }
    for (const { kv } of events) expect(kv.modRevision).toBeGreaterThan(noticed);
  }
}

export const progress: Suite = (server) => {
  it("[115] a quiet watch with progressNotify is told of progress", async () => {
    const client = connect(server.endpoint);
    const watch = client.watch(`${uniquePrefix()}a`, { progressNotify: true });
    const seen = observe(watch);
    const { revision } = await watch.created;
    const [notice] = await within(NOTICE_MS, "a notice", seen.waitForResponses(1));
    expect([notice?.isProgressNotify, notice?.created, notice?.events]).toEqual([true, false, []]);
    expect(notice?.header.revision).toBe(revision);
  });

  it("[116] notices and events come in their order, and a watch that sees no event is told of the store's revision", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const [matching, other] = [client.watch(`${prefix}a`, { progressNotify: true }), client.watch(`${prefix}b`, { progressNotify: true })];
    const [seen, seenOther] = [observe(matching), observe(other)];
    await Promise.all([matching.created, other.created]);
    await seen.waitForResponses(1);
    const revision = await put(client, `${prefix}a`);
    await seen.waitForEvents(1);
    await waitForNotice(seenOther, revision);
    await waitForNotice(seen, revision);
    expect(seen.responses.flatMap(({ events }) => events).map(({ kv }) => kv.modRevision)).toEqual([revision]);
    expect(seenOther.events).toEqual([]);
    expectBookmarkable(seen);
    expectBookmarkable(seenOther);
  });

  it("[117] of two watches on one stream only the one that asked is told", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const [told, quiet] = [client.watch(key, { progressNotify: true }), client.watch(key)];
    const [seenTold, seenQuiet] = [observe(told), observe(quiet)];
    await Promise.all([told.created, quiet.created]);
    expect(await server.current.streams()).toBe(1);
    await seenTold.waitForResponses(3);
    expect(seenQuiet.responses).toEqual([]);
  });

  it("[22] no notice reaches a watch before the store is at its start, and none moves it there", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const first = await put(client, key, "0");
    const startRevision = first + 6n;
    const [future, now] = [client.watch(key, { startRevision, progressNotify: true }), client.watch(key, { progressNotify: true })];
    const [seenFuture, seenNow] = [observe(future), observe(now)];
    await Promise.all([future.created, now.created]);
    for (let index = 1; index <= 4; index++) await put(client, key, String(index));
    await waitForNotice(seenNow, first + 4n);
    await seenNow.waitForResponses(seenNow.responses.length + 2);
    expect([seenFuture.responses, future.resumeRevision]).toEqual([[], startRevision]);
    for (let index = 5; index <= 7; index++) await put(client, key, String(index));
    expect((await seenFuture.waitForEvents(2)).map(({ kv }) => kv.modRevision)).toEqual([startRevision, startRevision + 1n]);
    await waitForNotice(seenFuture, startRevision + 1n);
    expectBookmarkable(seenFuture);
  });

  it("[23] a watch of the future that is cut off is created again with its own start", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const first = await put(writer, key, "0");
    const startRevision = first + 5n;
    const [future, now] = [client.watch(key, { startRevision, progressNotify: true }), client.watch(key, { progressNotify: true })];
    const [seenFuture, seenNow] = [observe(future), observe(now)];
    await Promise.all([future.created, now.created]);
    await put(writer, key, "1");
    await waitForNotice(seenNow, first + 1n); // in this time a server may have told the other one as well
    proxy.cut();
    for (let index = 2; index <= 6; index++) await put(writer, key, String(index));
    expect((await seenFuture.waitForEvents(2)).map(brief)).toEqual([`put ${key}=5`, `put ${key}=6`]);
    expect((await seenNow.waitForEvents(6)).map(({ kv }) => kv.valueText).join("")).toBe("123456");
  });

  /** A watch that is cut off, and created again only when all that was written is compacted. */
  async function cutOffAndCompacted(
    options: WatchOptions,
    { write, told }: { write: (key: string) => Promise<bigint>; told: boolean },
  ): Promise<{ watch: WatchChannel; seen: ObservedWatch; key: string }> {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key, { ...options, progressNotify: told });
    const beside = client.watch(key, { progressNotify: true, metadata: { other: "stream" } });
    const [seen, seenBeside] = [observe(watch), observe(beside)];
    await Promise.all([watch.created, beside.created]);
    const revision = await write(key);
    await waitForNotice(told ? seen : seenBeside, revision); // the server has had the time in both cases
    beside.cancel();
    proxy.refuse();
    proxy.cut();
    await writer.kv.compact(revision);
    proxy.accept();
    return { watch, seen, key };
  }

  const writeFiltered = async (key: string): Promise<bigint> => {
    const writer = connect(server.endpoint);
    let last = 0n;
    for (let round = 0; round < 20; round++) {
      const revisions = await Promise.all(Array.from({ length: 50 }, () => put(writer, key)));
      last = revisions.reduce((highest, each) => (each > highest ? each : highest));
    }
    return last;
  };
  const writeElsewhere = async (key: string): Promise<bigint> => {
    const writer = connect(server.endpoint);
    for (let index = 0; index < 5; index++) await put(writer, `${key}-not`);
    return put(writer, `${key}-not`);
  };

  it.each([
    ["38", "a filtered watch", { filters: ["noput"] as const }, writeFiltered],
    ["112", "an idle watch", {}, writeElsewhere],
  ])("[%s] %s that was told of progress outlives a compaction that it was cut off in", async (_, __, options, write) => {
    const { watch, seen, key } = await cutOffAndCompacted(options, { write, told: true });
    const writer = connect(server.endpoint);
    await put(writer, key, "filtered or not");
    const revision = await remove(writer, key);
    const events = await seen.waitForRevision(revision);
    expect(events.at(-1)?.type).toBe("delete");
    expect(events).toHaveLength(_ === "38" ? 1 : 2);
    expectBookmarkable(seen);
    watch.cancel();
  });

  it.each([
    ["38", "a filtered watch", { filters: ["noput"] as const }, writeFiltered],
    ["112", "an idle watch", {}, writeElsewhere],
  ])("[%s] %s that was not told ends with CompactedError", async (_, __, options, write) => {
    const { seen } = await cutOffAndCompacted(options, { write, told: false });
    expect(await seen.ended).toSatisfy(isCompactedError);
    expect(seen.events).toEqual([]);
  });

  it("[101] a restart of the server doubles neither events nor notices", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key, { progressNotify: true });
    const seen = observe(watch);
    await watch.created;
    const before = await put(client, key, "before");
    await waitForNotice(seen, before);
    await server.current.kill();
    await server.current.restart();
    const after = await put(connect(server.endpoint), key, "after");
    await waitForNotice(seen, after);
    expect(seen.events.map(brief)).toEqual([`put ${key}=before`, `put ${key}=after`]);
    expectBookmarkable(seen);
  });

  it("[121] while a watch catches up, no notice comes before an event that it speaks of", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const { prefix, written, lastRevision } = await writeHistory(writer, { revisions: 1_001, valueBytes: 0 });
    const startRevision = lastRevision - BigInt(written.size) + 1n;
    for (let round = 0; round < 5; round++) {
      const watch = client.watch(prefix, { prefix: true, startRevision, metadata: { round: String(round) } });
      const seen = observe(watch);
      const asked = watch.requestProgress(); // at once, so before the server has sent it all
      expect(await asked).toBeGreaterThanOrEqual(lastRevision);
      expect(await seen.waitForEvents(1_001)).toHaveLength(1_001);
      expectBookmarkable(seen);
      watch.cancel();
    }
  });

  it("[122] a watch of history with nothing to replay is told when it asks", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const startRevision = await put(client, `${prefix}other`);
    for (let index = 0; index < 20; index++) await put(client, `${prefix}other`);
    const last = await put(client, `${prefix}other`);
    const watch = client.watch(`${prefix}a`, { startRevision });
    await watch.created;
    const asked = watch.requestProgress({ timeoutMs: 5_000 });
    const { version } = await client.maintenance.status();
    if (hasChange(version, "3.4.25", "3.5.8")) expect(await asked).toBe(last);
    else await expect(asked).rejects.toSatisfy(isUnsupportedError); // its notices prove nothing (etcd-io/etcd#15220)
  });

  it("[126] a watch of the future silences its stream, and another stream is told", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const revision = await put(client, key);
    const future = client.watch(key, { startRevision: revision + 1_000n });
    const [beside, apart] = [client.watch(key), client.watch(key, { metadata: { stream: "of its own" } })];
    await Promise.all([future.created, beside.created, apart.created]);
    const last = await put(client, `${key}-not`); // or they would be there already
    const { version } = await client.maintenance.status();
    if (!hasChange(version, "3.4.25", "3.5.8")) {
      await expect(apart.requestProgress()).rejects.toSatisfy(isUnsupportedError);
      return;
    }
    expect(await within(5_000, "the progress of the other stream", apart.requestProgress())).toBe(last);
    const asked = beside.requestProgress({ timeoutMs: 500 });
    // before that, a watch that waits for a later revision silenced nobody (etcd-io/etcd#20221)
    if (hasChange(version, "3.4.38", "3.5.22", "3.6.2")) await expect(asked).rejects.toSatisfy(isRpcError);
    else expect(await asked).toBe(last);
  });
};
