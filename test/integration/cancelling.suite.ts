import { EtcdClient, isClosedError } from "etcd-watch";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

const PROMPT_MS = 1_000;

export const cancelling: Suite = (server) => {
  it("[46] a signal that is already aborted ends the watch at once, and the server hears nothing", async () => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void listener.close());
    const address = listener.address();
    if (address === null || typeof address === "string") throw new Error("the listener has no port");
    const client = connect(`127.0.0.1:${String(address.port)}`);

    const watch = client.watch("a", { signal: AbortSignal.abort(new Error("not wanted")) });
    const seen = observe(watch);
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    await expect(watch.created).rejects.toThrow("not wanted");
    expect([seen.responses.length, connections]).toEqual([0, 0]);
  });

  it("[46] it does so on a client that has other watches, which go on", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const other = client.watch(key);
    const seenOther = observe(other);
    await other.created;
    const watchers = await server.current.watchers();
    const seen = observe(client.watch(key, { signal: AbortSignal.abort() }));
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    await put(client, key, "alive");
    expect((await seenOther.waitForEvents(1)).map(brief)).toEqual([`put ${key}=alive`]);
    expect([seen.responses.length, await server.current.watchers()]).toEqual([0, watchers]);
  });

  it("[47] an abort right after the creation ends the loop quietly", async () => {
    const client = connect(server.endpoint);
    const aborting = new AbortController();
    const watch = client.watch(`${uniquePrefix()}a`, { signal: aborting.signal });
    const seen = observe(watch);
    await watch.created;
    aborting.abort();
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    expect(seen.responses).toEqual([]);
  });

  it("[48] after an abort nothing more is delivered", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const aborting = new AbortController();
    const [watch, marked] = [client.watch(key, { signal: aborting.signal }), client.watch(key)];
    const [seen, seenMarked] = [observe(watch), observe(marked)];
    await Promise.all([watch.created, marked.created]);
    await put(client, key, "seen");
    await seen.waitForEvents(1);
    aborting.abort();
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    await put(client, key, "unseen");
    await seenMarked.waitForEvents(2);
    expect(seen.events.map(brief)).toEqual([`put ${key}=seen`]);
  });

  it("[64] closing the watcher ends every watch quietly, and a second close does nothing", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const watches = [client.watch(prefix), client.watch(prefix, { prefix: true }), client.watch(prefix, { metadata: { other: "stream" } })];
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    await client.watcher.close();
    expect(await within(PROMPT_MS, "the end of the watches", Promise.all(seen.map((each) => each.ended)))).toEqual(
      Array(3).fill("quietly"),
    );
    await client.watcher.close();
    await put(client, prefix); // the client itself still works
  });

  it("[65] an abort and a close at once end the watch quietly", async () => {
    const client = connect(server.endpoint);
    const aborting = new AbortController();
    const watch = client.watch(`${uniquePrefix()}a`, { signal: aborting.signal });
    const seen = observe(watch);
    await watch.created;
    aborting.abort();
    await within(PROMPT_MS, "close", client.close());
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
  });

  it("[66] a watch after close fails with ClosedError, and close again is fine", async () => {
    const client = connect(server.endpoint);
    const before = client.watch(uniquePrefix());
    const seen = observe(before);
    await before.created;
    await client.close();
    expect(await seen.ended).toBe("quietly");
    const watchAfterClose = async (): Promise<void> => {
      for await (const response of client.watch("a")) throw new Error(`it delivered ${JSON.stringify(response)}`);
    };
    await expect(within(PROMPT_MS, "the watch after close", watchAfterClose())).rejects.toSatisfy(isClosedError);
    await client.close();
  });

  it("[67] a progress request after close fails with ClosedError", async () => {
    const client = connect(server.endpoint);
    await client.close();
    const request = async (): Promise<void> => {
      await client.watcher.requestProgress();
    };
    await expect(within(PROMPT_MS, "the progress request", request())).rejects.toSatisfy(isClosedError);
  });

  it("[68] closing the client ends a watch that was never created", async () => {
    const proxy = await startProxy(server.endpoint);
    proxy.stall();
    const client = new EtcdClient({ endpoints: [proxy.endpoint] });
    const watch = client.watch("a");
    const seen = observe(watch);
    const created = expect(watch.created).rejects.toSatisfy(isClosedError);
    await within(PROMPT_MS, "close", client.close());
    expect(await within(PROMPT_MS, "the end of the watch", seen.ended)).toBe("quietly");
    await created;
  });

  it.each(["break", "throw"])("[74] leaving the loop by %s cancels the watch on the server", async (way) => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const other = client.watch(key); // keeps the stream open
    const seenOther = observe(other);
    await other.created;
    const watchers = await server.current.watchers();
    const watch = client.watch(key, { createdNotify: true });
    const leave = async (): Promise<void> => {
      for await (const response of watch) {
        expect(response.created).toBe(true);
        expect(await server.current.watchers()).toBe(watchers + 1);
        if (way === "throw") throw new Error("out of the loop");
        break;
      }
    };
    if (way === "throw") await expect(leave()).rejects.toThrow("out of the loop");
    else await leave();
    await put(client, key, "alive");
    expect((await seenOther.waitForEvents(1)).map(brief)).toEqual([`put ${key}=alive`]);
    // the cancel went out before the put, but on another connection
    await expect.poll(() => server.current.watchers()).toBe(watchers);
  });
};
