import { type EtcdClient, type WatchChannel, Watcher } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import type { ServerUnderTest, Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

async function expectOnServer(server: ServerUnderTest, { watchers, streams }: { watchers: number; streams: number }): Promise<void> {
  let found: [number, number] = [0, 0];
  await eventually(
    async () => {
      found = [await server.current.watchers(), await server.current.streams()];
      return found[0] === watchers && found[1] === streams;
    },
    {
      describe: () =>
        `the server has ${String(found[0])} watchers on ${String(found[1])} streams, not ${String(watchers)} on ${String(streams)}`,
    },
  );
}

async function openWatches(client: EtcdClient, count: number, options: (index: number) => object = () => ({})): Promise<WatchChannel[]> {
  const prefix = uniquePrefix();
  const watches = Array.from({ length: count }, (_, index) => client.watch(prefix + String(index), options(index)));
  await Promise.all(watches.map((watch) => watch.created));
  return watches;
}

export const serverResources: Suite = (server) => {
  it("[53] ten watches on ten streams are gone from the server when they are cancelled", async () => {
    const client = connect(server.endpoint);
    const watches = await openWatches(client, 10, (index) => ({ metadata: { stream: String(index) } }));
    await expectOnServer(server, { watchers: 10, streams: 10 });
    for (const watch of watches) watch.cancel();
    await expectOnServer(server, { watchers: 0, streams: 0 });
  });

  it("[54] of 1000 watches on one stream, all but one aborted, the server keeps one", async () => {
    const client = connect(server.endpoint);
    const aborting = new AbortController();
    const kept = client.watch(`${uniquePrefix()}kept`);
    const seen = observe(kept);
    await kept.created;
    await openWatches(client, 999, () => ({ signal: aborting.signal }));
    await expectOnServer(server, { watchers: 1000, streams: 1 });
    aborting.abort();
    await expectOnServer(server, { watchers: 1, streams: 1 });
    await put(client, `${uniquePrefix()}other`);
    expect(seen.responses).toEqual([]);
  }, 30_000);

  it.each(["registered", "on their way"])(
    "[55] 1000 watches that are %s when they are aborted and their stream is closed leave nothing",
    async (when) => {
      const watcher = new Watcher(connect(server.endpoint));
      const prefix = uniquePrefix();
      const aborting = new AbortController();
      const watches = Array.from({ length: 1_000 }, (_, index) => watcher.watch(prefix + String(index), { signal: aborting.signal }));
      const seen = watches.map(observe);
      if (when === "registered") {
        await Promise.all(watches.map((watch) => watch.created));
        await expectOnServer(server, { watchers: 1000, streams: 1 });
      } else await watches[99]?.created;
      aborting.abort();
      await within(5_000, "close", watcher.close());
      expect(new Set(await Promise.all(seen.map(({ ended }) => ended)))).toEqual(new Set(["quietly"]));
      await expectOnServer(server, { watchers: 0, streams: 0 });
    },
    30_000,
  );

  it("[75] the end of the last watch ends its stream on the server, and the next watch opens a new one", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    for (const round of ["first", "second"]) {
      const watch = client.watch(key);
      const seen = observe(watch);
      await watch.created;
      await expectOnServer(server, { watchers: 1, streams: 1 });
      await put(client, key, round);
      expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=${round}`]);
      watch.cancel();
      await expectOnServer(server, { watchers: 0, streams: 0 });
    }
  });

  it("[75] closing the client ends all its streams on the server", async () => {
    const client = connect(server.endpoint);
    await openWatches(client, 6, (index) => ({ metadata: { stream: String(index % 2) } }));
    await expectOnServer(server, { watchers: 6, streams: 2 });
    await client.close();
    await expectOnServer(server, { watchers: 0, streams: 0 });
  });
};
