import { type EtcdClient, Watcher } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

const STREAMS = 5;
const AT_ONCE_ON_A_STREAM = 2;
const ROUNDS = 10;
/** Twice what upstream allows, for machines that do other things too. */
const EVENT_MS = 10_000;

/** A hundred watches over five streams, two at a time on each: streams lose their last watch and get a new one all the time. */
async function overlap(client: EtcdClient, key: string, onStep: () => void = () => undefined): Promise<number> {
  let seenEvents = 0;
  const work = async (stream: number): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      const aborting = new AbortController();
      const watch = client.watch(key, { startRevision: 1n, metadata: { stream: String(stream) }, signal: aborting.signal });
      const seen = observe(watch);
      void watch.created.then(onStep, () => undefined); // what is wrong with it shows in the loop
      const events = await within(EVENT_MS, `an event of stream ${String(stream)} in round ${String(round)}`, seen.waitForEvents(1));
      seenEvents += events.length;
      onStep();
      expect(watch.status.state).not.toBe("ended"); // another's end is not its own
      if (round % 2 === 0) aborting.abort();
      else watch.cancel();
      expect(await seen.ended).toBe("quietly");
    }
  };
  await Promise.all(Array.from({ length: STREAMS * AT_ONCE_ON_A_STREAM }, (_, worker) => work(worker % STREAMS)));
  return seenEvents;
}

export const overlapping: Suite = (server) => {
  it("[69] 2000 watches whose connection is dropped are aborted and closed, and nothing is left", async () => {
    const [proxy, direct] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const watcher = new Watcher(client);
    const prefix = uniquePrefix();
    const aborting = new AbortController();
    const watches = Array.from({ length: 2_000 }, (_, index) => watcher.watch(prefix + String(index), { signal: aborting.signal }));
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    proxy.cut();
    aborting.abort();
    await within(EVENT_MS, "close", watcher.close());
    expect(new Set(await Promise.all(seen.map(({ ended }) => ended)))).toEqual(new Set(["quietly"]));
    await eventually(async () => (await server.current.watchers()) === 0);
    await put(direct, prefix);
  }, 30_000);

  it("[70] a hundred streams opened and closed at once harm neither side", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watchers = Array.from({ length: 100 }, () => new Watcher(client));
    const watches = watchers.map((watcher) => watcher.watch(key));
    const seen = watches.map(observe);
    await Promise.all(watches.filter((_, index) => index % 2 === 0).map((watch) => watch.created)); // the others may be on their way
    await within(EVENT_MS, "close", Promise.all(watchers.map((watcher) => watcher.close())));
    expect(new Set(await Promise.all(seen.map(({ ended }) => ended)))).toEqual(new Set(["quietly"]));
    await eventually(async () => (await server.current.streams()) === 0);
    const after = client.watch(key);
    const seenAfter = observe(after);
    await after.created;
    await put(client, key, "alive");
    expect((await seenAfter.waitForEvents(1)).map(brief)).toEqual([`put ${key}=alive`]);
  });

  it("[71] a hundred watches that come and go on five streams each get their event", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key);
    expect(await overlap(client, key)).toBe(STREAMS * AT_ONCE_ON_A_STREAM * ROUNDS);
    await eventually(async () => (await server.current.watchers()) === 0);
  }, 30_000);

  it("[72] so they do while connections are dropped all the time", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint, { backoff: { baseMs: 1, maxMs: 20 } });
    const key = `${uniquePrefix()}a`;
    await put(writer, key);
    let [steps, cuts] = [0, 0];
    // Each cut comes after a step forward, or a slow machine would be cut off before it got anywhere.
    const seen = await overlap(client, key, () => {
      if (++steps % 2 !== 0) return;
      cuts++;
      if (steps % 4 === 0) proxy.cut();
      else proxy.cutAfterBytes(steps); // sooner or later in what comes next
    });
    expect(seen).toBe(STREAMS * AT_ONCE_ON_A_STREAM * ROUNDS);
    expect(cuts).toBeGreaterThanOrEqual(STREAMS * AT_ONCE_ON_A_STREAM * ROUNDS * 0.5);
    await eventually(async () => (await server.current.watchers()) === 0);
  }, 30_000);
};
