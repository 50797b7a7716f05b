import { isCompactedError } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

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
};
