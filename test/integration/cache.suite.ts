import { Informer, type InformerChange, type KeyValue, ListWatch, type ListWatchEvent } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";
import { put, remove } from "../support/writes.ts";

/** What a loop yields, until the test is over. */
function collect<Item>(items: AsyncIterable<Item>): Item[] {
  const seen: Item[] = [];
  void (async () => {
    for await (const item of items) seen.push(item);
  })().catch((error: unknown) => seen.push(error as Item));
  return seen;
}

function told(event: ListWatchEvent): string {
  switch (event.type) {
    case "init":
      return `init ${event.cause}`;
    case "item":
      return `item ${event.kv.keyText.replace(/^.*\//, "")}=${event.kv.valueText}`;
    case "apply":
      return `apply ${event.kv.keyText.replace(/^.*\//, "")}=${event.kv.valueText} was ${event.previous?.valueText ?? "nothing"}`;
    case "delete":
      return `delete ${event.key.toString().replace(/^.*\//, "")} was ${event.previous.valueText}${event.isFinalStateUnknown ? ", or so" : ""}`;
    default:
      return event.type;
  }
}

function brief(change: InformerChange<unknown>): string {
  return `${change.type} ${change.key.replace(/^.*\//, "")}`;
}

function text(kv: KeyValue): string {
  return kv.valueText;
}

export const cache: Suite = (server) => {
  it("a list, then every change of it", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    await put(client, `${prefix}a`, "1");
    await put(client, `${prefix}b`, "2");
    const stop = new AbortController();
    const seen = collect(new ListWatch(client, { prefix, pageSize: 1, signal: stop.signal }));
    await eventually(() => seen.some(({ type }) => type === "synced"));
    await put(client, `${prefix}a`, "3");
    await remove(client, `${prefix}b`);
    await put(client, `${prefix}c`, "4");
    await eventually(() => seen.length >= 7);
    stop.abort();
    expect(seen.filter(({ type }) => type !== "bookmark").map(told)).toEqual([
      "init start",
      "item a=1",
      "item b=2",
      "synced",
      "apply a=3 was 1",
      "delete b was 2",
      "apply c=4 was nothing",
    ]);
  });

  it("an empty range is synced too", async () => {
    const client = connect(server.endpoint);
    for await (const event of new ListWatch(client, { prefix: uniquePrefix() })) {
      if (event.type === "synced") break;
      expect(event).toEqual({ type: "init", cause: "start" });
    }
  });

  it("[114] compacted while cut off: exactly the difference comes out, deletes included", async () => {
    const writer = connect(server.endpoint);
    const proxy = await startProxy(server.endpoint);
    const client = connect(proxy.endpoint);
    const prefix = uniquePrefix();
    for (const [key, value] of Object.entries({ same: "1", changed: "1", gone: "1", again: "1" })) await put(writer, prefix + key, value);
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const seen = collect(new ListWatch(client, { prefix, signal: stop.signal }));
    const informer = new Informer(client, { prefix, decode: text });
    await informer.start({ signal: stop.signal });
    const changes = collect(informer.changes());
    await eventually(() => seen.some(({ type }) => type === "synced"));

    proxy.refuse();
    proxy.cut();
    await put(writer, `${prefix}changed`, "2");
    await put(writer, `${prefix}changed`, "3");
    await remove(writer, `${prefix}gone`);
    await remove(writer, `${prefix}again`);
    await put(writer, `${prefix}again`, "2");
    await put(writer, `${prefix}new`, "1");
    await put(writer, `${prefix}brief`, "1");
    const last = await remove(writer, `${prefix}brief`);
    await writer.kv.compact(last);
    proxy.accept();

    await informer.waitForRevision(last, { timeoutMs: 20_000 });
    await eventually(() => seen.filter(({ type }) => type === "synced").length === 2, { timeoutMs: 20_000 });
    const difference = seen.slice(seen.findLastIndex(({ type }) => type === "init"));
    expect(
      difference
        .filter(({ type }) => type !== "bookmark")
        .map(told)
        .sort(),
    ).toEqual(
      [
        "init compacted",
        "apply changed=3 was 1",
        "apply again=2 was 1",
        "apply new=1 was nothing",
        "delete gone was 1, or so",
        "synced",
      ].sort(),
    );
    await eventually(() => changes.length >= 8);
    expect(changes.slice(0, 4).map(brief).sort()).toEqual(["add again", "add changed", "add gone", "add same"]);
    expect(changes.slice(4).map(brief).sort()).toEqual(["add new", "delete gone", "update again", "update changed"]);
    expect(Object.fromEntries(informer.entries().map(([key, value]) => [key.slice(prefix.length), value]))).toEqual({
      same: "1",
      changed: "3",
      again: "2",
      new: "1",
    });
    expect(informer.relists).toEqual({ compacted: 1 });
  });

  it("[114] cut off for long, with hundreds of adds, updates and deletes, and compacted several times: exactly the difference comes out", async () => {
    const writer = connect(server.endpoint);
    const proxy = await startProxy(server.endpoint);
    const prefix = uniquePrefix();
    const state = async (): Promise<Map<string, string>> => {
      const { kvs } = await writer.kv.get(prefix, { prefix: true });
      return new Map(kvs.map((kv) => [kv.keyText, `${kv.valueText} at ${String(kv.modRevision)}`]));
    };
    const writeMany = async (count: number): Promise<void> => {
      for (let write = 0; write < count; write++) {
        const key = `${prefix}${String((write * 37 + count) % 397)}`;
        if ((write * 13) % 5 < 2) await writer.kv.delete(key);
        else await writer.kv.put(key, String(write));
      }
    };
    await writeMany(350);
    const informer = new Informer(connect(proxy.endpoint), {
      prefix,
      decode: (kv) => `${kv.valueText} at ${String(kv.modRevision)}`,
      pageSize: 50,
    });
    onTestFinished(() => informer.stop());
    await informer.start();
    const before = await state();
    expect(new Map(informer.entries())).toEqual(before);
    const changes = collect(informer.changes());
    await eventually(() => changes.length === before.size);
    changes.length = 0;

    proxy.refuse();
    proxy.cut();
    for (const count of [200, 250, 300]) {
      await writeMany(count);
      await writer.kv.compact((await writer.kv.get(prefix)).header.revision);
    }
    const after = await state();
    proxy.accept();
    await informer.waitForRevision((await writer.kv.put(`${prefix}end`, "")).header.revision, { timeoutMs: 30_000 });
    const expected = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
      const [was, is] = [before.get(key), after.get(key)];
      if (was === is) return [];
      return [`${was === undefined ? "add" : is === undefined ? "delete" : "update"} ${key}: ${String(was)} > ${String(is)}`];
    });
    await eventually(() => changes.length > expected.length);
    const told = changes.filter(({ key }) => key !== `${prefix}end`);
    expect(told.map(({ type, key, previous, value }) => `${type} ${key}: ${String(previous)} > ${String(value)}`).sort()).toEqual(
      expected.sort(),
    );
    for (const type of ["add", "update", "delete"]) expect(expected.filter((line) => line.startsWith(type)).length).toBeGreaterThan(10);
    expect(told.every((change) => change.type !== "delete" || change.isFinalStateUnknown)).toBe(true);
  });

  it("[192] a mirror under constant writes equals a read at the same revision", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    for (let index = 0; index < 300; index++) await client.kv.put(`${prefix}${String(index)}`, "0");
    const stop = new AbortController();
    let writes = 0;
    const writing = (async () => {
      while (!stop.signal.aborted) {
        const key = `${prefix}${String((writes * 7) % 310)}`;
        if (writes++ % 5 === 0) await client.kv.delete(key);
        else await client.kv.put(key, String(writes));
      }
    })();
    const informer = new Informer(client, { prefix, decode: text, pageSize: 20 });
    await informer.start();
    onTestFinished(() => informer.stop());
    for (let round = 0; round < 10; round++) {
      const { header } = await client.kv.get(prefix);
      await informer.waitForRevision(header.revision);
      const { revision } = informer;
      const mirror = informer.entries();
      const { kvs } = await client.kv.get(prefix, { prefix: true, revision });
      expect(mirror.sort()).toEqual(kvs.map((kv) => [kv.keyText, kv.valueText]).sort());
    }
    stop.abort();
    await writing;
    expect(writes).toBeGreaterThan(20);
  });

  it("waitForRevision() of a quiet range resolves, for whatever others write", async () => {
    const client = connect(server.endpoint);
    const informer = new Informer(client, { prefix: uniquePrefix() });
    await informer.start();
    onTestFinished(() => informer.stop());
    const elsewhere = await put(client, `${uniquePrefix()}a`, "1");
    const waiting = informer.waitForRevision(elsewhere, { timeoutMs: 3_000 });
    // A server of before 3.4.25 cannot be asked: there the range must move.
    const { version } = await client.maintenance.status();
    if (version === "3.4.23") await expect(waiting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    else {
      await waiting;
      expect(informer.revision).toBeGreaterThanOrEqual(elsewhere);
    }
  });
};
