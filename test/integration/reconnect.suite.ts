import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

const PROMPT_MS = 1_000;

export const reconnect: Suite = (server) => {
  it("[42] created is not delivered a second time after a reconnect", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const seen = observe(client.watch(key, { createdNotify: true }));
    await seen.waitForResponses(1);
    for (const value of ["1", "2"]) {
      proxy.cut();
      await put(writer, key, value);
      await seen.waitForEvents(Number(value));
    }
    expect(seen.responses.map((response) => response.created)).toEqual([true, false, false]);
    expect(seen.events.map(brief)).toEqual([`put ${key}=1`, `put ${key}=2`]);
  });

  it("[79] a watch that is asked for while every connection is cut at once is created in the end", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const cutting = new AbortController();
    const cuts = (async () => {
      for (let count = 0; count < 200 && !cutting.signal.aborted; count++) {
        proxy.cut();
        await delay(5);
      }
    })();
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    const revision = await put(writer, key, "1");
    await cuts;
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
    expect(seen.events[0]?.kv.modRevision).toBe(revision);
    cutting.abort();
  });

  it("[80] what is put while a fresh watch is cut off is delivered", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(writer, key, "before");
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    proxy.refuse();
    proxy.cut();
    const first = await put(writer, key, "first");
    await put(writer, key, "second");
    proxy.accept();
    expect((await seen.waitForEvents(2)).map(brief)).toEqual([`put ${key}=first`, `put ${key}=second`]);
    expect(seen.events[0]?.kv.modRevision).toBe(first);
  });

  it("[81] events before and after a cut are delivered once each", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    const values = Array.from({ length: 10 }, (_, index) => String(index));
    for (const value of values) {
      await put(writer, key, value);
      await seen.waitForEvents(Number(value) + 1);
      proxy.cut();
    }
    await put(writer, key, "marker");
    await seen.waitForEvents(11);
    expect(seen.events.map((event) => event.kv.valueText)).toEqual([...values, "marker"]);
  });

  it("[82] a watch of history that is cut right after its creation delivers that history once", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const revisions = [await put(writer, key, "3"), await put(writer, key, "4")];
    const watch = client.watch(key, { startRevision: 1n, createdNotify: true });
    const seen = observe(watch);
    await watch.created;
    proxy.refuse();
    proxy.cut();
    await seen.waitForResponses(1);
    proxy.accept();
    await seen.waitForEvents(2);
    expect(seen.responses.map((response) => response.created)).toEqual([true, false]);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
  });

  it("[87] what was received and not yet read when the connection broke is delivered once, in order", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    await watch.created;
    const revisions = [await put(writer, key, "1"), await put(writer, key, "2"), await put(writer, key, "3")];
    await eventually(() => watch.status.bufferedResponses === 3, {
      describe: () => `status is ${JSON.stringify(String(watch.status.bufferedResponses))}`,
    });
    expect(watch.resumeRevision).toBeLessThanOrEqual(revisions[0] ?? 0n); // nothing was taken yet
    proxy.cut();
    revisions.push(await put(writer, key, "4"), await put(writer, key, "5"));
    const seen = observe(watch);
    await seen.waitForEvents(5);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
    expect(watch.resumeRevision).toBe((revisions[4] ?? 0n) + 1n);
  });

  it("[49] an abort while the server is gone ends the watch at once", async () => {
    const client = connect(server.endpoint);
    const aborting = new AbortController();
    const watch = client.watch(uniquePrefix(), { signal: aborting.signal });
    const seen = observe(watch);
    await watch.created;
    await server.current.kill();
    try {
      await eventually(() => client.state.state === "disconnected");
      aborting.abort();
      expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    } finally {
      await server.current.restart();
    }
  });

  it("[98] a server that is killed and started again loses no watch and no event", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watches = [
      client.watch(prefix, { prefix: true }),
      client.watch(`${prefix}a`),
      client.watch(prefix, { prefix: true, metadata: { other: "stream" } }),
    ];
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    await put(client, `${prefix}a`, "before");
    await Promise.all(seen.map((each) => each.waitForEvents(1)));
    await server.current.kill();
    try {
      await eventually(() => client.state.state === "disconnected" && client.state.attempt > 2);
    } finally {
      await server.current.restart();
    }
    await put(connect(server.endpoint), `${prefix}a`, "after");
    for (const each of seen) expect((await each.waitForEvents(2)).map(brief)).toEqual([`put ${prefix}a=before`, `put ${prefix}a=after`]);
  });

  it("[99] a server that is shut down in order and started again loses no watch and no event", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watches = [client.watch(prefix, { prefix: true }), client.watch(prefix, { prefix: true, metadata: { other: "stream" } })];
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    await put(client, `${prefix}a`, "before");
    await Promise.all(seen.map((each) => each.waitForEvents(1)));
    await server.current.shutDown();
    await server.current.restart();
    await put(connect(server.endpoint), `${prefix}a`, "after");
    for (const each of seen) expect((await each.waitForEvents(2)).map(brief)).toEqual([`put ${prefix}a=before`, `put ${prefix}a=after`]);
  });

  it("[100] a hundred watches that are cut off for long pile up neither timers nor sockets, and all come back", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = connect(proxy.endpoint, { backoff: { baseMs: 1, maxMs: 10 } });
    const prefix = uniquePrefix();
    const watches = Array.from({ length: 100 }, (_, index) =>
      client.watch(prefix, { prefix: true, metadata: { stream: String(index % 10) } }),
    );
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    proxy.refuse();
    proxy.cut();
    const attemptsOf = (): number => (client.state.state === "disconnected" ? client.state.attempt : 0);
    /** The most that was there at once while so many more attempts were made. */
    const resourcesDuring = async (attempts: number): Promise<number> => {
      const until = attemptsOf() + attempts;
      let most = 0;
      await eventually(() => {
        most = Math.max(most, process.getActiveResourcesInfo().length);
        return attemptsOf() >= until;
      });
      return most;
    };
    await eventually(() => attemptsOf() >= 3);
    const early = await resourcesDuring(10);
    const late = await resourcesDuring(100);
    expect(late).toBeLessThan(early + 20);
    proxy.accept();
    const last = await put(writer, `${prefix}a`, "after");
    for (const each of seen) expect((await each.waitForRevision(last)).map(brief)).toEqual([`put ${prefix}a=after`]);
  }, 30_000);
};
