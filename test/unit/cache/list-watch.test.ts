import { ListWatch, type ListWatchEvent } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { Stage } from "../../support/staged-client.ts";

function brief(event: ListWatchEvent): string {
  switch (event.type) {
    case "init":
      return `init ${event.cause}`;
    case "item":
      return `item ${event.kv.keyText}=${event.kv.valueText}`;
    case "apply":
      return `apply ${event.kv.keyText}=${event.kv.valueText} was ${event.previous?.valueText ?? "nothing"}`;
    case "delete":
      return `delete ${event.key.toString()} was ${event.previous.valueText}${event.isFinalStateUnknown ? ", or so" : ""}`;
    default:
      return `${event.type} ${String(event.revision)}`;
  }
}

/** A loop over the keys below k/, and what it was told. */
function start({ pageSize }: { readonly pageSize?: number } = {}) {
  const stage = new Stage();
  const stop = new AbortController();
  const told: string[] = [];
  onTestFinished(() => {
    stop.abort();
  });
  const run = async (): Promise<void> => {
    for await (const event of new ListWatch(stage.client, { prefix: "k/", signal: stop.signal, pageSize })) told.push(brief(event));
  };
  const begin = (): void => {
    run().then(
      () => told.push("ended quietly"),
      (error: unknown) => told.push(`failed: ${String(error)}`),
    );
  };
  /** What it was told since it was asked last. */
  const news = (): string[] => told.splice(0);
  return { stage, stop, begin, news };
}

/** The same, once the first list is complete and the watch stands. */
async function synced(store: Readonly<Record<string, string>> = {}) {
  const started = start();
  if (Object.keys(store).length > 0) await started.stage.write(store);
  started.begin();
  await started.stage.serve();
  started.news();
  return started;
}

describe("ListWatch", () => {
  it("[rule 1] lists in pages pinned to one revision, each from behind the last key, and watches from the next one", async () => {
    const { stage, begin, news } = start({ pageSize: 2 });
    await stage.write({ "k/a": "1", "k/b": "1", "k/c": "1" });
    stage.onRead = () => {
      if (stage.reads.length === 2) void stage.write({ "k/a": "2", "k/d": "1" }); // between the pages
    };
    begin();
    await stage.serve();
    expect(stage.reads.map(({ key, revision }) => [Buffer.from(key).toString(), revision])).toEqual([
      ["k/", 0n],
      ["k/b\0", 2n],
    ]);
    expect(stage.watchedFrom).toEqual([3n]);
    expect(news()).toEqual([
      ...["init start", "item k/a=1", "item k/b=1", "item k/c=1", "synced 2"],
      ...["apply k/a=2 was 1", "apply k/d=1 was nothing"],
    ]);
  });

  it("[rule 1] an empty range is synced as well", async () => {
    const { stage, begin, news } = start();
    begin();
    await stage.serve();
    expect(news()).toEqual(["init start", "synced 1"]);
  });

  it("[rule 2] goes on behind the last event, and behind the last bookmark", async () => {
    const { stage, news } = await synced();
    await stage.write({ "k/a": "1" });
    stage.connection.end();
    await stage.pass(0);
    await stage.serve();
    stage.advanceTo(40n);
    await stage.notify();
    stage.connection.end();
    await stage.pass(0);
    await stage.serve();
    expect(stage.watchedFrom).toEqual([2n, 3n, 41n]);
    expect(news()).toEqual(["apply k/a=1 was nothing", "bookmark 40"]);
  });

  it("[rule 3] compacted while away: lists the newest again, by a read that no member may answer from its past, and tells the difference", async () => {
    const { stage, news } = await synced({ "k/same": "1", "k/changed": "1", "k/gone": "1" });
    stage.connection.end();
    await stage.write({ "k/changed": "2", "k/gone": undefined, "k/new": "1" });
    stage.compact();
    await stage.pass(0);
    await stage.serve();
    await stage.pass(0);
    await stage.serve();
    expect(news()).toEqual([
      "init compacted",
      ...["apply k/changed=2 was 1", "apply k/new=1 was nothing", "delete k/gone was 1, or so"],
      "synced 4",
    ]);
    expect(stage.reads.map(({ revision, serializable }) => [revision, serializable])).toEqual([
      [0n, false],
      [0n, false],
    ]);
    expect(stage.watchedFrom).toEqual([3n, 3n, 5n]);
  });

  it("[rule 4] a connection that is lost or refused is no reason to list: it watches again from where it was, later and later", async () => {
    const { stage, news } = await synced();
    stage.connection.end("UNAVAILABLE", "connection refused");
    for (let time = 0; time < 6; time++) {
      await stage.pass(10_000);
      stage.connection.end("RESOURCE_EXHAUSTED", "etcdserver: too many requests");
    }
    await stage.pass(10_000);
    await stage.serve();
    expect(stage.reads).toHaveLength(1);
    expect(new Set(stage.watchedFrom)).toEqual(new Set([2n]));
    expect(news()).toEqual([]);
  });

  it("[rule 5] watches that end at once, over and over, do not become a loop of lists at full speed", async () => {
    const { stage } = await synced();
    for (let time = 0; time < 1_000; time++) {
      if (stage.isConnected) stage.connection.end();
      await stage.write({ "k/a": String(time) });
      stage.compact();
      await stage.pass(10);
      if (stage.isConnected) await stage.serve();
    }
    // Ten seconds: at full speed there would be hundreds.
    expect(stage.reads.length).toBeGreaterThan(3);
    expect(stage.reads.length).toBeLessThan(40);
  });

  it("[rule 6] a watch that the server never answers is left, and asked for anew from where it was", async () => {
    const { stage, news } = await synced();
    stage.connection.end();
    for (let minute = 0; minute < 10 && stage.watchedFrom.length < 3; minute++) await stage.pass(60_000);
    expect(stage.watchedFrom.slice(0, 3)).toEqual([2n, 2n, 2n]);
    await stage.serve();
    await stage.write({ "k/a": "1" });
    expect(news()).toEqual(["apply k/a=1 was nothing"]);
    expect(stage.reads).toHaveLength(1);
  });

  it("[rule 7] a list that fails is tried again, at first at once, then later and later up to half a minute; a success makes that good", async () => {
    const { stage, begin, news } = start();
    const failing = Array.from({ length: 40 }, () => ({ code: "UNAVAILABLE", details: "no leader" }) as const);
    stage.faults.push(...failing);
    begin();
    await stage.pass(0);
    await stage.pass(0);
    const atOnce = stage.reads.length;
    expect(atOnce).toBeGreaterThanOrEqual(2);
    while (stage.reads.length < 30) await stage.pass(1_000);
    const sinceMs = stage.clock.nowMs();
    while (stage.reads.length <= 40) await stage.pass(1_000);
    expect((stage.clock.nowMs() - sinceMs) / 11).toBeLessThanOrEqual(31_000);
    expect(stage.harness.log.filter((line) => line === "warn: Keys are to be listed again")).toHaveLength(40);
    await stage.serve();
    await stage.pass(1_000); // a watch that lasts: all is well again
    news();
    stage.connection.end();
    await stage.write({ "k/a": "1" });
    stage.compact();
    await stage.pass(0);
    await stage.serve();
    await stage.pass(0);
    expect(news()).toEqual(["init compacted", "apply k/a=1 was nothing", "synced 3"]);
  });

  it("[rule 8] keys whose revision is the same are not told of again, and what was put and deleted in between is not at all", async () => {
    const { stage, news } = await synced({ "k/same": "1", "k/again": "1" });
    stage.connection.end();
    await stage.write({ "k/again": undefined, "k/brief": "1" });
    await stage.write({ "k/again": "1", "k/brief": undefined });
    stage.compact();
    await stage.pass(0);
    await stage.serve();
    await stage.pass(0);
    expect(news()).toEqual(["init compacted", "apply k/again=1 was 1", "synced 5"]);
  });

  it("[rule 12] of one key the order is right, and a revision is told as a whole", async () => {
    const { stage, news } = await synced({ "k/a": "1" });
    await stage.write({ "k/a": "2", "k/b": "2" });
    await stage.write({ "k/a": undefined });
    await stage.write({ "k/a": "3" });
    expect(news()).toEqual(["apply k/a=2 was 1", "apply k/b=2 was nothing", "delete k/a was 2", "apply k/a=3 was nothing"]);
  });

  it("a list whose revision is compacted before it is complete begins anew", async () => {
    const { stage, begin, news } = start({ pageSize: 1 });
    await stage.write({ "k/a": "1", "k/b": "1" });
    stage.onRead = () => {
      if (stage.reads.length !== 2) return;
      void stage.write({ "k/b": "2" });
      stage.compact();
    };
    begin();
    await stage.pass(0);
    await stage.pass(0);
    expect(news()).toEqual(["init start", "item k/a=1", "init compacted", "item k/b=2", "synced 4"]);
  });

  it("a list that another cluster goes on with begins anew, and has nothing of the first one", async () => {
    for (const revision of [1n, 9n]) {
      const { stage, begin, news } = start({ pageSize: 1 });
      await stage.write({ "k/a": "1", "k/b": "1" });
      stage.onRead = () => {
        if (stage.reads.length !== 2) return;
        stage.replaceCluster(2n);
        stage.advanceTo(2n);
        void stage.write({ "k/z": "1" });
        if (revision > 3n) stage.advanceTo(revision);
      };
      begin();
      await stage.pass(0);
      await stage.pass(0);
      const at = revision > 3n ? revision : 3n;
      expect(news()).toEqual([
        "init start",
        "item k/a=1",
        "init cluster-changed",
        "item k/z=1",
        "delete k/a was 1, or so",
        `synced ${String(at)}`,
      ]);
    }
  });

  it("a watch that another cluster answers lists again, though that one's revision is higher", async () => {
    const { stage, begin, news } = start();
    await stage.write({ "k/a": "1" });
    begin();
    await stage.pass(0);
    stage.connection.send({ watchId: stage.connection.unanswered[0]?.watchId ?? 0n, created: true, revision: 9n, clusterId: 2n });
    stage.replaceCluster(2n);
    stage.advanceTo(9n);
    await stage.pass(0);
    await stage.pass(0);
    expect(news()).toEqual(["init start", "item k/a=1", "synced 2", "init cluster-changed", "delete k/a was 1, or so", "synced 9"]);
  });

  it("a list that no retry cures is thrown", async () => {
    const { stage, begin, news } = start();
    stage.faults.push({ code: "PERMISSION_DENIED", details: "etcdserver: permission denied" });
    begin();
    await stage.pass(0);
    const [init, failed] = news();
    expect([init, failed]).toEqual(["init start", expect.stringContaining("PERMISSION_DENIED")]);
  });

  it("told to stop in the midst of its first list, it ends quietly and leaves nothing", async () => {
    const { stage, stop, begin, news } = start();
    stage.faults.push("no answer");
    begin();
    await stage.pass(0);
    stop.abort();
    await stage.pass(0);
    expect(news()).toEqual(["init start", "ended quietly"]);
    expect(stage.clock.pendingTimers).toBe(0);
  });
});
