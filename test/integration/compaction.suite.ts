import { isCompactedError } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { writeHistory } from "../support/history.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import { hasChange } from "../support/server-version.ts";
import type { Suite } from "../support/servers.ts";
import { put, remove } from "../support/writes.ts";

export const compaction: Suite = (server) => {
  it("[36] an event whose predecessor is compacted comes without prevKv", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "1");
    const second = await put(client, key, "2");
    await put(client, key, "3");
    await client.kv.compact(second);
    const seen = observe(client.watch(key, { startRevision: second, prevKv: true }));
    const events = await seen.waitForEvents(2);
    expect(events.map(brief)).toEqual([`put ${key}=2`, `put ${key}=3`]);
    expect(events.map((event) => event.prevKv?.valueText)).toEqual([undefined, "2"]);
  });

  it("[106] a watch from below the compacted revision ends with CompactedError", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const first = await put(client, key, "1");
    await put(client, key, "2");
    const third = await put(client, key, "3");
    await client.kv.compact(third);

    const watch = client.watch(key, { startRevision: first });
    const outcome = await observe(watch).ended;
    if (!isCompactedError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
    expect(outcome.requestedRevision).toBe(first);
    expect(outcome.compactRevision).toBe(third);
    expect([outcome.code, outcome.retryable]).toEqual(["COMPACTED", false]);
  });

  it("[107] a watch from the compacted revision itself gets its event", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "1");
    const second = await put(client, key, "2");
    await put(client, key, "3");
    await client.kv.compact(second);
    const seen = observe(client.watch(key, { startRevision: second }));
    expect((await seen.waitForEvents(2)).map(brief)).toEqual([`put ${key}=2`, `put ${key}=3`]);
  });

  it("[110] created comes before the CompactedError, and a reader who looks late still gets both", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const first = await put(client, key, "1");
    const second = await put(client, key, "2");
    await client.kv.compact(second);

    const late = client.watch(key, { startRevision: first, createdNotify: true });
    await late.created;
    const other = observe(client.watch(key, { startRevision: first }));
    expect(await other.ended).toSatisfy(isCompactedError); // it was created after the first one, so that one has ended too
    const seen = observe(late);
    expect(await seen.ended).toSatisfy(isCompactedError);
    expect(seen.responses.map((response) => response.created)).toEqual([true]);
  });

  it("[108] a delete at the compacted revision is still delivered, but by etcd before 3.4.34 and 3.5.16", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "1");
    const deleted = await remove(client, key);
    const last = await put(client, key, "2");
    await client.kv.compact(deleted, { physical: true });
    const seen = observe(client.watch(key, { startRevision: deleted }));
    const events = await seen.waitForRevision(last);
    const { version } = await client.maintenance.status();
    const isKept = hasChange(version, "3.4.34", "3.5.16"); // etcd-io/etcd#18089
    expect(events.map(brief)).toEqual([...(isKept ? [`delete ${key}`] : []), `put ${key}=2`]);
  });

  it("[109] a watch that is cut off from a history and meets a compaction gets all of it or a CompactedError, never a gap", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    for (let round = 0; round < 5; round++) {
      const client = connect(proxy.endpoint);
      const key = `${uniquePrefix()}a`;
      const startRevision = (await put(writer, `${key}-not`)) + 1n;
      const watch = client.watch(key, { startRevision });
      const seen = observe(watch);
      await watch.created;
      proxy.refuse();
      proxy.cut();
      const revisions: bigint[] = [];
      for (let index = 0; index < 5; index++) revisions.push(await put(writer, key));
      // the first rounds compact what the watch needs, the last one does not
      const compacted = revisions[2] ?? 0n;
      if (round < 4) await writer.kv.compact(compacted);
      proxy.accept();
      if (round === 4) await seen.waitForEvents(5);
      else expect(await seen.ended).toMatchObject({ requestedRevision: startRevision, compactRevision: compacted });
      const delivered = seen.events.map(({ kv }) => kv.modRevision);
      expect(delivered).toEqual(revisions.slice(0, delivered.length));
      expect(delivered).toHaveLength(round === 4 ? 5 : 0);
    }
  });

  it("[113] a compaction in the middle of a catch-up makes no gap: all that was written, or a CompactedError", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const { prefix, written, lastRevision } = await writeHistory(writer, { revisions: 2_000, valueBytes: 100 });
    const revisions = [...written.keys()].sort((a, b) => Number(a - b));
    const watches = Array.from({ length: 5 }, () => client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n }));
    const seen = watches.map(observe);
    await Promise.all(seen.map((each) => each.waitForResponses(1)));
    await writer.kv.compact(lastRevision);
    const marker = await put(writer, `${prefix}marker`);
    for (const each of seen) {
      await Promise.race([each.ended, each.waitForRevision(marker).catch(() => undefined)]);
      const delivered = each.events.map(({ kv }) => kv.modRevision);
      expect(delivered).toEqual([...revisions, marker].slice(0, delivered.length));
      if (delivered.length <= revisions.length) expect(await each.ended).toSatisfy(isCompactedError);
    }
  });
};
