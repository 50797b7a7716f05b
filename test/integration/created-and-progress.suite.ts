import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

export const createdAndProgress: Suite = (server) => {
  it("[41] with createdNotify the first response says created, at the store's revision", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const revision = await put(client, key);
    const watch = client.watch(key, { createdNotify: true });
    const seen = observe(watch);
    await seen.waitForResponses(1);
    const [created] = seen.responses;
    expect([created?.created, created?.isProgressNotify, created?.events]).toEqual([true, false, []]);
    expect(created?.header.revision).toBe(revision);
    expect((await watch.created).revision).toBe(revision);
  });

  it("[44] without createdNotify no response is without events", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await put(client, key, "first");
    await seen.waitForResponses(1);
    expect(seen.responses[0]?.events.map(brief)).toEqual([`put ${key}=first`]);
  });

  it("[118] a progress request without any watch does nothing", async () => {
    const client = connect(server.endpoint);
    await client.watcher.requestProgress();
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await put(client, key, "alive");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=alive`]);
  });

  it.each([1, 2])("[118] a progress request reaches each of %d watches of the stream", async (count) => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watches = Array.from({ length: count }, (_, index) => client.watch(`${prefix}watched-${String(index)}`));
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    const revision = await put(client, `${prefix}other`);
    await client.watcher.requestProgress();
    for (const { responses } of await Promise.all(seen.map(async (each) => (await each.waitForResponses(1), each)))) {
      expect(responses).toHaveLength(1);
      expect([responses[0]?.isProgressNotify, responses[0]?.created, responses[0]?.events]).toEqual([true, false, []]);
      expect(responses[0]?.header.revision).toBe(revision);
    }
  });
};
