import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put, remove, writeTogether } from "../support/writes.ts";

export const events: Suite = (server) => {
  it("[27] create, change, delete, create with a lease and its end each have their type", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await put(client, key, "1");
    await put(client, key, "2");
    await remove(client, key);
    const { id } = await client.lease.grant(1);
    await client.kv.put(key, "3", { lease: id });
    const events = await seen.waitForEvents(5);
    expect(events.map(({ type, isCreate, isModify }) => ({ type, isCreate, isModify }))).toEqual([
      { type: "put", isCreate: true, isModify: false },
      { type: "put", isCreate: false, isModify: true },
      { type: "delete", isCreate: false, isModify: false },
      { type: "put", isCreate: true, isModify: false },
      { type: "delete", isCreate: false, isModify: false },
    ]);
  });

  it("[28] all puts of a transaction come in one response", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watch = client.watch(prefix, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    const revision = await writeTogether(
      client,
      ["a", "b", "c"].map((name) => ({ put: prefix + name, value: name })),
    );
    await seen.waitForEvents(3);
    expect(seen.responses).toHaveLength(1);
    expect(seen.events.map(brief)).toEqual([`put ${prefix}a=a`, `put ${prefix}b=b`, `put ${prefix}c=c`]);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual([revision, revision, revision]);
  });

  it("[29] so do they when the watch begins in the past", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const names = ["a", "b", "c"];
    const revisions: bigint[] = [];
    for (const round of ["1", "2", "3"]) {
      revisions.push(
        await writeTogether(
          client,
          names.map((name) => ({ put: prefix + name, value: round })),
        ),
      );
    }
    const seen = observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n }));
    await seen.waitForEvents(9);
    expect(seen.events.map((event) => event.kv.valueText).join("")).toBe("111222333");
    for (const revision of revisions) {
      const parts = seen.responses.filter((response) => response.events.some((event) => event.kv.modRevision === revision));
      expect(parts).toHaveLength(1);
      expect(parts[0]?.events.filter((event) => event.kv.modRevision === revision)).toHaveLength(3);
    }
  });

  it("[30] changes read from the past come in the order of their revisions", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const revisions: bigint[] = [];
    for (const name of ["z", "a", "m", "z", "b"]) revisions.push(await put(client, prefix + name));
    const seen = observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n }));
    await seen.waitForEvents(5);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
    expect(seen.events.map((event) => event.kv.keyText.slice(prefix.length)).join("")).toBe("zamzb");
  });

  it("[31] a put and a delete in one transaction come in one response", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    await put(client, `${prefix}a`);
    const watch = client.watch(prefix, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    const revision = await writeTogether(client, [{ remove: `${prefix}a` }, { put: `${prefix}b`, value: "new" }]);
    await seen.waitForEvents(2);
    expect(seen.responses).toHaveLength(1);
    expect(seen.events.map(brief)).toEqual([`delete ${prefix}a`, `put ${prefix}b=new`]);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual([revision, revision]);
  });

  it("[32] a delete carries its key and revision, and nothing else", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "value");
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    const revision = await remove(client, key);
    const [event] = await seen.waitForEvents(1);
    expect(event?.type).toBe("delete");
    expect([event?.isCreate, event?.isModify]).toEqual([false, false]);
    const kv = event?.kv;
    expect([kv?.keyText, kv?.modRevision]).toEqual([key, revision]);
    expect([kv?.createRevision, kv?.version, kv?.lease, kv?.value.length]).toEqual([0n, 0n, 0n, 0]);
  });

  it("[33] a delete of a prefix gives one delete for each key, at one revision", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const keys = Array.from({ length: 5 }, (_, index) => `${prefix}${String(index)}`);
    for (const key of keys) await put(client, key);
    const watch = client.watch(prefix, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    const { header } = await client.kv.delete(prefix, { prefix: true });
    await seen.waitForEvents(5);
    expect(seen.responses).toHaveLength(1);
    expect(seen.events.map(brief)).toEqual(keys.map((key) => `delete ${key}`));
    expect(new Set(seen.events.map((event) => event.kv.modRevision))).toEqual(new Set([header.revision]));
  });

  it("[34] prevKv is the value before, and only for a watch that asked for it", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const [withPrevious, without] = [client.watch(key, { prevKv: true }), client.watch(key)];
    const [seen, seenWithout] = [observe(withPrevious), observe(without)];
    await Promise.all([withPrevious.created, without.created]);
    const first = await put(client, key, "1");
    const second = await put(client, key, "2");
    await remove(client, key);
    await put(client, key, "3");
    const [create, modify, remove_, again] = await seen.waitForEvents(4);
    expect([create?.isCreate, create?.prevKv]).toEqual([true, undefined]);
    expect([modify?.isModify, modify?.prevKv?.valueText, modify?.prevKv?.modRevision]).toEqual([true, "1", first]);
    expect([remove_?.type, remove_?.prevKv?.valueText, remove_?.prevKv?.modRevision]).toEqual(["delete", "2", second]);
    expect([again?.isCreate, again?.prevKv]).toEqual([true, undefined]);
    expect((await seenWithout.waitForEvents(4)).map((event) => event.prevKv)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("[37] a filtered watch does not see what is filtered out", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const [noPut, noDelete] = [client.watch(key, { filters: ["noput"] }), client.watch(key, { filters: ["nodelete"] })];
    const [seenNoPut, seenNoDelete] = [observe(noPut), observe(noDelete)];
    await Promise.all([noPut.created, noDelete.created]);
    for (const value of ["1", "2"]) {
      await put(client, key, value);
      await remove(client, key);
    }
    expect((await seenNoPut.waitForEvents(2)).map(brief)).toEqual([`delete ${key}`, `delete ${key}`]);
    expect((await seenNoDelete.waitForEvents(2)).map(brief)).toEqual([`put ${key}=1`, `put ${key}=2`]);
  });

  it("[35] of ten watches of one key on ten streams, the five that asked get prevKv, and the right one each time", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "0");
    const watches = Array.from({ length: 10 }, (_, index) =>
      client.watch(key, { prevKv: index % 2 === 0, metadata: { stream: String(index) } }),
    );
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    for (let value = 1; value <= 10; value++) await put(client, key, String(value));
    for (const [index, each] of seen.entries()) {
      const events = await each.waitForEvents(10);
      const expected = Array.from({ length: 10 }, (_, before) => (index % 2 === 0 ? String(before) : undefined));
      expect(events.map(({ prevKv }) => prevKv?.valueText)).toEqual(expected);
    }
  });

  it("[39] a put that fails for its lease is no event", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await expect(client.kv.put(key, "unseen", { lease: 4_711n })).rejects.toThrow("requested lease not found");
    await put(client, key, "marker");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=marker`]);
  });

  it("[40] the lease of an event is the whole 64-bit id", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    for (const id of [2n ** 62n + 1n, 2n ** 63n - 1n]) {
      await client.lease.grant(60, { id });
      await client.kv.put(key, "v", { lease: id });
    }
    expect((await seen.waitForEvents(2)).map(({ kv }) => kv.lease)).toEqual([2n ** 62n + 1n, 2n ** 63n - 1n]);
    for (const id of [2n ** 62n + 1n, 2n ** 63n - 1n]) await client.lease.revoke(id);
  });
};
