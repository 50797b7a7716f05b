import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdClient } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

/** A socket in the file system that leads to the server. */
async function unixSocket(endpoint: string): Promise<string> {
  const path = join(tmpdir(), `etcd-watch-${String(process.pid)}-${endpoint.replace(/\D/g, "")}.sock`);
  const listener = createServer((socket) => {
    const server = connectSocket(Number(endpoint.split(":")[1]), "127.0.0.1");
    for (const each of [socket, server]) each.on("error", () => undefined);
    socket.pipe(server).pipe(socket);
  }).listen(path);
  await once(listener, "listening");
  onTestFinished(async () => {
    listener.close();
    await rm(path, { force: true });
  });
  return path;
}

export const endpoints: Suite = (server) => {
  it("[161] a watch whose packets are all dropped is moved by the pings to the next endpoint, and loses nothing", async () => {
    const [proxy, writer] = [await startProxy(server.endpoint), connect(server.endpoint)];
    const client = new EtcdClient({ endpoints: [proxy.endpoint, server.endpoint], keepAliveIntervalMs: 1_000, keepAliveTimeoutMs: 500 });
    onTestFinished(() => client.close());
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    expect(watch.status.endpoint).toBe(proxy.endpoint);
    await put(writer, key, "before");
    await seen.waitForEvents(1);
    proxy.stall();
    await put(writer, key, "while");
    expect((await within(5_000, "the move", seen.waitForEvents(2))).map(brief)).toEqual([`put ${key}=before`, `put ${key}=while`]);
    expect(watch.status.endpoint).toBe(server.endpoint);
  });

  it("[167] a unix:// endpoint is one like any other", async () => {
    const client = connect(`unix://${await unixSocket(server.endpoint)}`);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await put(client, key, "1");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
  });
};
