import { type ChangesOptions, Informer, type InformerChange, type InformerOptions, type KeyValue } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { Stage } from "../../support/staged-client.ts";
import { settle } from "../../support/watcher-harness.ts";

type TextOptions = Partial<InformerOptions<string>>;

async function begin(store: Readonly<Record<string, string>> = {}, options: TextOptions = {}) {
  const stage = new Stage();
  if (Object.keys(store).length > 0) await stage.write(store);
  const informer = new Informer<string>(stage.client, { prefix: "k/", decode: (kv: KeyValue) => kv.valueText, ...options });
  onTestFinished(() => informer.stop());
  return { stage, informer };
}

/** The same, in sync and watching. */
async function synced(store: Readonly<Record<string, string>> = {}, options: TextOptions = {}) {
  const begun = await begin(store, options);
  const started = begun.informer.start();
  await begun.stage.serve();
  await started;
  return begun;
}

/** The server goes away, the writes happen, and their history is thrown away: the informer has to list again. */
async function relist(stage: Stage, ...writes: Readonly<Record<string, string | undefined>>[]): Promise<void> {
  stage.connection.end();
  for (const write of writes) await stage.write(write);
  stage.compact();
  await stage.serve();
  await stage.pass(1_000);
  if (stage.isConnected) await stage.serve();
}

function brief(change: InformerChange<unknown>): string {
  const { type, key, previous, value } = change;
  const isMarked =
    (type === "add" && change.isInitial) || (type === "update" && change.isResync) || (type === "delete" && change.isFinalStateUnknown);
  return `${type} ${key.slice(2)}: ${String(previous)} > ${String(value)}${isMarked ? " *" : ""}`;
}

/** Reads in the background. */
function read(informer: Informer<string>, options?: ChangesOptions): string[] {
  const told: string[] = [];
  const run = async (): Promise<void> => {
    for await (const change of informer.changes(options)) told.push(brief(change));
  };
  run().catch((error: unknown) => told.push(String(error)));
  return told;
}

describe("Informer", () => {
  it("[rule 8] after a list it tells the difference alone, deletes as of an unknown last state", async () => {
    const { stage, informer } = await synced({ "k/same": "1", "k/changed": "1", "k/gone": "1" });
    const told = read(informer);
    await settle();
    told.length = 0;
    await relist(stage, { "k/changed": "2", "k/gone": "9" }, { "k/gone": undefined, "k/new": "1" });
    expect(told.sort()).toEqual(["add new: undefined > 1", "delete gone: 1 > undefined *", "update changed: 1 > 2"]);
    expect(informer.relists).toEqual({ compacted: 1 });
  });

  it("[rule 8] a reader that was behind when it listed again is told what differs from what it has taken", async () => {
    const { stage, informer } = await synced({ "k/a": "1", "k/b": "1" });
    const reader = informer.changes({ maxBuffered: 2 });
    await reader.next();
    await reader.next();
    await stage.write({ "k/a": "2", "k/c": "1" });
    await relist(stage, { "k/a": undefined, "k/b": "2", "k/c": undefined, "k/d": "1" });
    await stage.write({ "k/b": "3" });
    const picture = new Map<string, string | undefined>(Object.entries({ "k/a": "1", "k/b": "1" }));
    await informer.stop();
    for await (const { type, key, previous, value } of reader) {
      expect(previous, `${type} ${key}`).toBe(picture.get(key));
      if (type === "delete") picture.delete(key);
      else picture.set(key, value);
    }
    expect([...picture].sort()).toEqual([
      ["k/b", "3"],
      ["k/d", "1"],
    ]);
  });

  it("[rule 9] a resync is told to who asked for it alone", async () => {
    const { stage, informer } = await synced({ "k/a": "1" });
    const [with_, without] = [read(informer, { resyncIntervalMs: 5_000 }), read(informer)];
    await stage.pass(12_000);
    expect(with_).toEqual(["add a: undefined > 1 *", "update a: 1 > 1 *", "update a: 1 > 1 *"]);
    expect(without).toEqual(["add a: undefined > 1 *"]);
  });

  it("[rule 10] a resync reads nothing from the server, skips keys that have something waiting, and comes once a second at the most", async () => {
    const { stage, informer } = await synced({ "k/a": "1", "k/b": "1" });
    const reader = informer.changes({ resyncIntervalMs: 1_000 });
    await reader.next();
    await reader.next();
    await stage.write({ "k/a": "2" }); // nobody has taken it
    await stage.pass(1_000);
    expect(brief((await reader.next()).value as InformerChange<string>)).toBe("update a: 1 > 2");
    expect(brief((await reader.next()).value as InformerChange<string>)).toBe("update b: 1 > 1 *");
    expect(stage.reads).toHaveLength(1);
    expect(() => informer.changes({ resyncIntervalMs: 999 })).toThrow("resyncIntervalMs must be at least 1000, got 999");
    await reader.return?.();
  });

  it("[rule 11] it is in sync when the first list is in the picture, also one that is empty, and not when it was asked for", async () => {
    const { stage, informer } = await begin({ "k/a": "1", "k/b": "1" }, { pageSize: 1 });
    stage.faults.push("no answer");
    const isIn = informer.start().then(() => [informer.size, informer.list().sort()]);
    await stage.pass(0);
    expect([informer.isStarted, informer.isSynced, informer.size, informer.revision]).toEqual([true, false, 0, 0n]);
    await informer.stop();
    await expect(isIn).rejects.toMatchObject({ code: "CLOSED" });

    const again = await synced({ "k/a": "1", "k/b": "1" }, { pageSize: 1 });
    expect([again.informer.isSynced, again.informer.list().sort()]).toEqual([true, ["1", "1"]]);
    expect((await synced()).informer.isSynced).toBe(true);
  });

  it("[rule 11] a late reader begins with the present state, marked as such, and what cannot be decoded as an error", async () => {
    const decode = (kv: KeyValue): string => {
      if (kv.valueText.startsWith("bad")) throw new Error(kv.valueText);
      return kv.valueText;
    };
    const { stage, informer } = await synced({ "k/a": "1", "k/b": "1", "k/never": "bad 1" }, { decode });
    await stage.write({ "k/a": "2", "k/b": "bad 2" });
    const told = read(informer);
    await settle();
    expect(told.sort()).toEqual([
      "add a: undefined > 2 *",
      "add b: undefined > 1 *",
      "error b: 1 > undefined",
      "error never: undefined > undefined",
    ]);
  });

  it("[rule 12] of one key the order is right; a reader that is late misses states, and never the last one", async () => {
    const { stage, informer } = await synced();
    const [fast, slow] = [read(informer), informer.changes({ maxBuffered: 3 })];
    for (let write = 1; write <= 20; write++) await stage.write({ [`k/${String(write % 2)}`]: String(write) });
    expect(fast.slice(0, 4)).toEqual(["add 1: undefined > 1", "add 0: undefined > 2", "update 1: 1 > 3", "update 0: 2 > 4"]);
    expect(fast).toHaveLength(20);
    await informer.stop();
    const told: string[] = [];
    for await (const change of slow) told.push(brief(change));
    expect(told.length).toBeLessThanOrEqual(6);
    expect(told.filter((each) => each.includes(" 1:")).at(-1)).toMatch(/> 19$/);
    expect(told.filter((each) => each.includes(" 0:")).at(-1)).toMatch(/> 20$/);
  });

  it("[rule 13] what is read at one time is of one revision, in the midst of a list too", async () => {
    const { stage, informer } = await synced({ "k/a": "1", "k/b": "1" }, { pageSize: 1 });
    const seen = new Set<string>();
    stage.onRead = () => seen.add(`${informer.list().sort().join()} at ${String(informer.revision)}`);
    await relist(stage, { "k/a": "2", "k/b": "2", "k/c": "2" });
    seen.add(`${informer.list().sort().join()} at ${String(informer.revision)}`);
    await stage.write({ "k/a": "3", "k/b": "3", "k/c": undefined });
    seen.add(`${informer.list().sort().join()} at ${String(informer.revision)}`);
    expect([...seen]).toEqual(["1,1 at 2", "2,2,2 at 4", "3,3 at 5"]);
  });

  it("[rule 13] values are shared by readers, and so frozen unless that is switched off", async () => {
    const stage = new Stage();
    await stage.write({ "k/a": '{"deep":{"list":[1]}}' });
    const decode = (kv: KeyValue) => kv.json<{ deep: { list: number[] } }>();
    const [frozen, free] = [
      new Informer(stage.client, { prefix: "k/", decode }),
      new Informer(stage.client, { prefix: "k/", decode, freeze: false }),
    ];
    onTestFinished(() => Promise.all([frozen.stop(), free.stop()]).then(() => undefined));
    await Promise.all([frozen.start(), free.start()]);
    expect(() => frozen.get("k/a")?.deep.list.push(2)).toThrow(TypeError);
    expect(free.get("k/a")?.deep.list.push(2)).toBe(2);
  });

  it("a value that decode makes nothing of, or an index cannot take, is an error of that key, and stops nothing", async () => {
    const indexes = {
      first: (value: string) => {
        if (value === "unindexable") throw new Error("no index for it");
        return value[0];
      },
    };
    const known = { "1": "1", "2": "2", unindexable: "unindexable" };
    const decode = (kv: KeyValue): string => Reflect.get(known, kv.valueText) as string; // undefined, whatever the type says
    const { stage, informer } = await synced({ "k/a": "1", "k/b": "1" }, { decode, indexes });
    const told = read(informer);
    await stage.write({ "k/a": "unindexable", "k/b": "nothing", "k/c": "nothing" });
    await stage.write({ "k/d": "2" });
    expect(told.slice(2)).toEqual([
      "error a: 1 > undefined",
      "error b: 1 > undefined",
      "error c: undefined > undefined",
      "add d: undefined > 2",
    ]);
    expect([...informer.decodeErrors.keys()]).toEqual(["k/a", "k/b", "k/c"]);
    expect(informer.byIndex("first", "1")).toEqual(["1", "1"]);
    await stage.write({ "k/a": "2", "k/c": undefined });
    expect(told.slice(6)).toEqual(["update a: 1 > 2", "delete c: undefined > undefined"]);
    expect([informer.byIndex("first", "1"), informer.byIndex("first", "2")]).toEqual([["1"], ["2", "2"]]);
    expect([...informer.decodeErrors.keys()]).toEqual(["k/b"]);
  });

  it("waitForRevision() in the midst of a list resolves with it", async () => {
    const { stage, informer } = await synced({ "k/a": "1" });
    stage.connection.end();
    const revision = await stage.write({ "k/a": "2" });
    stage.compact();
    stage.faults.push("no answer");
    const waiting = informer.waitForRevision(revision, { timeoutMs: 60_000 }).then(() => informer.get("k/a"));
    await stage.serve();
    await stage.pass(1_000);
    expect([stage.reads.length, informer.get("k/a")]).toEqual([2, "1"]); // it lists
    stage.answerHanging();
    await stage.serve();
    expect(await waiting).toBe("2");
  });

  it("waitForRevision() of what somebody will write elsewhere is asked for until it is there, and no longer", async () => {
    const { stage, informer } = await synced({ "k/a": "1" });
    const waiting = informer.waitForRevision(9n, { timeoutMs: 60_000 });
    await stage.pass(100);
    await stage.notify();
    for (let second = 0; second < 3; second++) await stage.pass(1_000);
    stage.advanceTo(9n);
    for (let second = 0; second < 5 && informer.revision < 9n; second++) {
      stage.harness.transport.rangeRevision = { value: 9n };
      const asked = stage.connection.progressRequests;
      await stage.pass(1_000);
      if (stage.connection.progressRequests > asked) await stage.notify();
    }
    await waiting;
    expect(informer.revision).toBe(9n);
    const asked = stage.connection.progressRequests;
    await stage.pass(20_000);
    expect(stage.connection.progressRequests).toBe(asked);
  });

  it("waitForRevision() gives up after its time, by the client's clock", async () => {
    const { stage, informer } = await synced({ "k/a": "1" });
    const waiting = informer.waitForRevision(9n);
    const failed = expect(waiting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await stage.pass(10_000);
    await failed;
  });

  it("a client that is closed while it lists again ends its readers quietly, as one that is closed while it watches", async () => {
    const { stage, informer } = await synced({ "k/a": "1" });
    const told = read(informer);
    stage.faults.push("closed");
    await relist(stage, { "k/a": "2" });
    await settle();
    expect(told).toEqual(["add a: undefined > 1 *"]);
    await expect(informer.start()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
