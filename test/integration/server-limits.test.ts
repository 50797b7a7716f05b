import { EtcdClient } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { type EtcdBinary, findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { eventually } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { hasChange } from "../support/server-version.ts";
import { put } from "../support/writes.ts";

async function start(binary: EtcdBinary, ...flags: readonly string[]): Promise<RealEtcd> {
  const server = await RealEtcd.start(binary, { flags });
  onTestFinished(() => server.stop());
  return server;
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("real etcd with limits", binaries);

describe.each(binaries)("etcd $version", (binary) => {
  it("[166] that finds pings too frequent is pinged less often, and the watch goes on", async () => {
    const server = await start(binary, "--grpc-keepalive-min-time", "1s");
    const warnings: string[] = [];
    const logger = { debug: () => undefined, info: () => undefined, warn: (text: string) => warnings.push(text), error: () => undefined };
    const client = new EtcdClient({ endpoints: server.endpoint, keepAliveIntervalMs: 300, logger });
    onTestFinished(() => client.close());
    expect(warnings.filter((text) => text.includes("too_many_pings"))).toHaveLength(1);
    let cuts = 0;
    void (async () => {
      for await (const { state } of client.stateChanges()) if (state === "disconnected") cuts++;
    })();
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    // etcd takes two pings too many before it acts, so at 300 ms it acts within 1.2 s, at 600 within 2.4, and at 1,200 not at all
    await eventually(() => cuts >= 2);
    const cutsBefore = cuts;
    const writer = connect(server.endpoint);
    const until = performance.now() + 4_000;
    const values: string[] = [];
    while (performance.now() < until) {
      values.push(String(values.length));
      await put(writer, key, values.at(-1));
      await seen.waitForEvents(values.length);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(seen.events.map(brief)).toEqual(values.map((value) => `put ${key}=${value}`));
    expect(cuts - cutsBefore).toBeLessThanOrEqual(1);
  }, 30_000);

  it("[168] that takes few streams at a time lets further watches wait, and requests go on", async () => {
    const server = await start(binary, "--max-concurrent-streams", "3");
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const watches = Array.from({ length: 6 }, (_, index) => client.watch(key, { metadata: { stream: String(index) } }));
    const seen = watches.map(observe);
    await Promise.all(watches.slice(0, 3).map((watch) => watch.created));
    for (const value of ["1", "2", "3"]) await put(client, key, value); // has a connection of its own
    for (const each of seen.slice(0, 3)) await each.waitForEvents(3);
    expect(watches.slice(3).map(({ status }) => status.state)).toEqual(["resuming", "resuming", "resuming"]);
    for (const watch of watches.slice(0, 3)) watch.cancel();
    await Promise.all(watches.slice(3).map((watch) => watch.created));
    await put(client, key, "4");
    for (const each of seen.slice(3)) expect((await each.waitForEvents(1)).map(brief)).toEqual([`put ${key}=4`]);
  });

  it("[174] is told the version of the API that we speak", async () => {
    const server = await start(binary);
    const client = connect(server.endpoint);
    const watch = client.watch("a");
    await watch.created;
    if (!hasChange(binary.version, "3.5.0")) return; // counts nothing of the kind, and takes the watch
    const requests = /^etcd_server_client_requests_total\{client_api_version="([^"]*)",type="stream"\} [1-9]/m;
    expect(requests.exec(await server.metrics())?.[1]).toMatch(/^3\.\d+\.\d+$/);
  });
});
