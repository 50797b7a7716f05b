import { isWatchCanceledError, type WatchOptions } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put, remove } from "../support/writes.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

export const keysAndRanges: Suite = (server) => {
  it("[1] a watched key that is put gives one response with one event", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}foo`;
    const watch = client.watch(key);
    const seen = observe(watch);
    const { revision } = await watch.created;
    await put(client, key, "bar");
    await seen.waitForEvents(1);
    expect(seen.responses).toHaveLength(1);
    expect(seen.responses[0]?.header.revision).toBe(revision + 1n);
    const kv = seen.events[0]?.kv;
    expect([kv?.createRevision, kv?.modRevision, kv?.version]).toEqual([revision + 1n, revision + 1n, 1n]);
    expect([kv?.keyText, kv?.valueText]).toEqual([key, "bar"]);
  });

  it("[2] a put of another key is not seen", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(`${prefix}helloworld`);
    const seen = observe(watch);
    await watch.created;
    await put(client, `${prefix}foo`);
    await put(client, `${prefix}helloworld2`);
    await put(client, `${prefix}helloworld`, "marker");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}helloworld=marker`]);
  });

  it("[3] a prefix watch sees a longer key", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(`${prefix}foo`, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    await put(client, `${prefix}fooLong`, "bar");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}fooLong=bar`]);
  });

  it("[4] a prefix watch does not see a key beside the prefix", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(`${prefix}foo`, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    await put(client, `${prefix}fo`);
    await put(client, `${prefix}fop`);
    await put(client, `${prefix}foo`, "marker");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}foo=marker`]);
  });

  it("[5] an empty key with prefix sees every key", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch("", { prefix: true });
    const seen = observe(watch);
    await watch.created;
    await put(client, `${prefix}a`, "1");
    await put(client, "\u0000", "2");
    await put(client, Buffer.from([0xff, 0xff]), "3");
    expect((await seen.waitForEvents(3)).map((event) => event.kv.valueText)).toEqual(["1", "2", "3"]);
  });

  it("[7] a range includes its start and excludes its end", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(`${prefix}a`, { rangeEnd: `${prefix}c` });
    const seen = observe(watch);
    await watch.created;
    for (const key of ["a", "b", "c", "bar"]) await put(client, prefix + key);
    const keys = (await seen.waitForEvents(3)).map((event) => event.kv.keyText);
    expect(keys).toEqual([`${prefix}a`, `${prefix}b`, `${prefix}bar`]);
  });

  it("[8] fromKey sees the key and all after it", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(`${prefix}b`, { fromKey: true });
    const seen = observe(watch);
    await watch.created;
    for (const key of ["a", "b", "z"]) await put(client, prefix + key);
    const keys = (await seen.waitForEvents(2)).map((event) => event.kv.keyText);
    expect(keys).toEqual([`${prefix}b`, `${prefix}z`]);
  });

  it("[8] fromKey with an empty key sees everything", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch("", { fromKey: true });
    const seen = observe(watch);
    await watch.created;
    await put(client, "\u0000");
    await put(client, key);
    const keys = (await seen.waitForEvents(2)).map((event) => event.kv.keyText);
    expect(keys).toEqual(["\u0000", key]);
  });

  it.each([
    ["ends where it begins", "b", "b"],
    ["ends before it begins", "b", "a"],
  ])("[9] a range that %s fails, and its siblings live on", async (_, from, to) => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const before = client.watch(prefix, { prefix: true });
    const empty = client.watch(prefix + from, { rangeEnd: prefix + to });
    const after = client.watch(prefix, { prefix: true });
    const [seenBefore, seenEmpty, seenAfter] = [observe(before), observe(empty), observe(after)];

    const outcome = await seenEmpty.ended;
    expect(outcome).toSatisfy(isWatchCanceledError);
    expect(String(outcome)).toContain("watcher range is empty");
    expect(seenEmpty.responses).toEqual([]);
    await expect(empty.created).rejects.toSatisfy(isWatchCanceledError);

    await Promise.all([before.created, after.created]);
    await put(client, `${prefix}b`, "alive");
    for (const seen of [seenBefore, seenAfter]) expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}b=alive`]);
  });

  it("[10] an empty key without a range is the smallest key, and an empty value is a value", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const [smallest, other] = [client.watch(""), client.watch(key)];
    const [seen, seenOther] = [observe(smallest), observe(other)];
    await Promise.all([smallest.created, other.created]);
    await put(client, key, "");
    await put(client, "\u0000", "marker");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual(["put \u0000=marker"]);
    const [event] = await seenOther.waitForEvents(1);
    expect([event?.kv.value.length, Buffer.isBuffer(event?.kv.value), event?.isCreate]).toEqual([0, true, true]);
  });

  it("[11] a watch of each of three keys and one of a prefix each see their puts in order, and no others", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const keys = ["bar", "baz", "foo"].map((name) => prefix + name);
    const watches = [...keys.map((key) => client.watch(key)), client.watch(`${prefix}b`, { prefix: true })];
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    const values = ["1", "2", "3", "4"];
    for (const value of values) for (const key of keys) await put(client, key, value);
    for (const key of keys) await put(client, key, "marker");
    for (const [index, key] of keys.entries()) {
      const events = (await seen[index]?.waitForEvents(5)) ?? [];
      expect(events.map(brief)).toEqual([...values, "marker"].map((value) => `put ${key}=${value}`));
    }
    const ofPrefix = (await seen[3]?.waitForEvents(10)) ?? [];
    const expected = [...values, "marker"].flatMap((value) => [`put ${prefix}bar=${value}`, `put ${prefix}baz=${value}`]);
    expect(ofPrefix.map(brief)).toEqual(expected);
  });

  it("[12] keys and values of any bytes arrive unchanged, and ranges compare bytes", async () => {
    const client = connect(server.endpoint);
    const prefix = Buffer.from(uniquePrefix());
    const key = Buffer.concat([prefix, ALL_BYTES]);
    const watch = client.watch(Buffer.concat([prefix, Buffer.from([0x00])]), { rangeEnd: Buffer.concat([prefix, Buffer.from([0xff])]) });
    const seen = observe(watch);
    await watch.created;
    await put(client, Buffer.concat([prefix, Buffer.from([0xff])]), "outside");
    await put(client, key, ALL_BYTES);
    await put(client, Buffer.concat([prefix, Buffer.from([0xc3, 0x28])]), "invalid UTF-8");
    await put(client, Buffer.concat([prefix, Buffer.from([0xfe, 0xff])]), "last inside");
    const [first, ...others] = await seen.waitForEvents(3);
    expect(first?.kv.key.equals(key)).toBe(true);
    expect(first?.kv.value.equals(ALL_BYTES)).toBe(true);
    expect(others.map((event) => event.kv.valueText)).toEqual(["invalid UTF-8", "last inside"]);
    expect(others[0]?.kv.key.subarray(prefix.length)).toEqual(Buffer.from([0xc3, 0x28]));
  });

  it("[14] two range options at once are a TypeError, and two filters leave nothing", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    expect(() => client.watch(prefix, { prefix: true, rangeEnd: `${prefix}z` })).toThrow(TypeError);
    expect(() => client.watch(prefix, { prefix: true, fromKey: true })).toThrow(TypeError);
    expect(() => client.watch(prefix, { fromKey: true, rangeEnd: `${prefix}z` })).toThrow(TypeError);

    const silent = client.watch(prefix, { prefix: true, filters: ["noput", "nodelete"] });
    const marked = client.watch(prefix, { prefix: true });
    const [seenSilent, seenMarked] = [observe(silent), observe(marked)];
    await Promise.all([silent.created, marked.created]);
    await put(client, `${prefix}a`);
    const last = await remove(client, `${prefix}a`);
    await seenMarked.waitForRevision(last);
    await client.watcher.requestProgress(); // on the same stream, so its answer comes after whatever the silent watch was sent
    await seenSilent.waitForResponses(1);
    expect(seenSilent.events).toEqual([]);
  });

  it("[15] options of a get or a put are a TypeError at once for a watch, and the server hears nothing", () => {
    const client = connect(server.endpoint);
    const before = client.state;
    const foreign: Readonly<Record<string, unknown>> = {
      ...{ lease: 1n, limit: 1, sort: { by: "key" }, serializable: true, countOnly: true, keysOnly: true },
      ...{ minModRevision: 1n, maxModRevision: 1n, minCreateRevision: 1n, maxCreateRevision: 1n },
    };
    for (const [name, value] of Object.entries(foreign)) {
      const options = { [name]: value } as WatchOptions; // a caller without types
      expect(() => client.watch("a", options), name).toThrow(TypeError);
      expect(() => client.watch("a", options), name).toThrow(name);
    }
    expect(client.state).toBe(before); // no connection was even tried
  });
};
