import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningCli, runCli } from "../support/cli-run.ts";
import { eventually } from "../support/eventually.ts";

/** Far longer than three writes take. */
const MISSING_MS = 2_000;

let servers: { readonly source: MockEtcdServer; readonly copy: MockEtcdServer };
let source: EtcdClient;
let copy: EtcdClient;
let mirror: RunningCli | undefined;
beforeEach(async () => {
  servers = { source: await MockEtcdServer.start(), copy: await MockEtcdServer.start() };
  source = new EtcdClient({ endpoints: servers.source.endpoint });
  copy = new EtcdClient({ endpoints: servers.copy.endpoint });
});
afterEach(async () => {
  mirror?.interrupt();
  await mirror?.outcome;
  mirror = undefined;
  await Promise.all([source.close(), copy.close()]);
  await Promise.all([servers.source.stop(), servers.copy.stop()]);
});

function start(...options: string[]): void {
  mirror = new RunningCli(["mirror", ...options, servers.copy.endpoint], { env: { ETCDCTL_ENDPOINTS: servers.source.endpoint } });
}

async function copied(): Promise<Record<string, string>> {
  const { kvs } = await copy.kv.get("", { prefix: true });
  return Object.fromEntries(kvs.map(({ keyText, valueText }) => [keyText, valueText]));
}

/** The client finds out by its first request after a restart that its connection is gone. */
const becomes = (expected: Record<string, string>) =>
  expect.poll(() => copied().catch((error: unknown) => error), { timeout: 10_000 }).toEqual(expected);

describe("etcd-watch mirror", { timeout: 30_000 }, () => {
  it("copies the keys, page after page, and then every change", async () => {
    const many = Array.from({ length: 1_100 }, (_, index) => `k${String(index).padStart(4, "0")}`);
    for (let index = 0; index < many.length; index += 100)
      await source.kv.txn({ success: many.slice(index, index + 100).map((key) => ({ put: { key, value: "1" } })) });
    start();
    await becomes(Object.fromEntries(many.map((key) => [key, "1"])));
    await source.kv.delete("k", { prefix: true });
    await source.kv.put("a", "2");
    await becomes({ a: "2" });
    mirror?.interrupt();
    expect(await mirror?.outcome).toMatchObject({ exitCode: 130, stderr: "" });
  });

  it("makes one transaction of one revision", async () => {
    start();
    await eventually(() => servers.source.metrics.watchers === 1);
    await source.kv.txn({ success: ["a", "b", "c"].map((key) => ({ put: { key, value: "1" } })) });
    await becomes({ a: "1", b: "1", c: "1" });
    const { kvs } = await copy.kv.get("", { prefix: true });
    expect(new Set(kvs.map(({ modRevision }) => modRevision)).size).toBe(1);
  });

  it.each([
    [["--prefix", "x/"], { "x/a": "1" }],
    [["--prefix", "x/", "--dest-prefix", "copy/"], { "copy/a": "1" }],
    [["--prefix", "x/", "--no-dest-prefix"], { a: "1" }],
    [["--dest-prefix", "all/"], { "all/x/a": "1", "all/y": "2" }],
    [["--rev", "3"], { y: "2" }],
    [["--max-txn-ops", "1"], { "x/a": "1", y: "2" }],
  ])("with %j copies to %j", async (options, expected) => {
    await source.kv.put("x/a", "1");
    await source.kv.put("y", "2");
    start(...options);
    await becomes(expected);
  });

  it("goes on where it was after either cluster was away", async () => {
    await source.kv.put("a", "1");
    start();
    await becomes({ a: "1" });
    await servers.copy.stop();
    await source.kv.put("b", "2");
    await servers.copy.restart();
    await becomes({ a: "1", b: "2" });
    await servers.source.restart();
    await using writer = new EtcdClient({ endpoints: servers.source.endpoint });
    await writer.kv.put("c", "3");
    await becomes({ a: "1", b: "2", c: "3" });
  });

  it("finds the difference out by a list when what it missed is compacted", async () => {
    for (const key of ["gone", "kept", "changed"]) await source.kv.put(key, "1");
    start();
    await becomes({ gone: "1", kept: "1", changed: "1" });
    const keptAt = (await copy.kv.get("kept")).kvs[0]?.modRevision;
    // The mirror's watch is gone, and its next one waits while all that it misses is written and compacted.
    const letGo = servers.source.faults.delay({ method: "Watch", delayMs: MISSING_MS });
    servers.source.faults.dropConnections();
    await using writer = new EtcdClient({ endpoints: servers.source.endpoint });
    await writer.kv.delete("gone");
    await writer.kv.put("changed", "2");
    await writer.kv.put("new", "1");
    servers.source.compact(servers.source.revision);
    letGo();
    await becomes({ kept: "1", changed: "2", new: "1" });
    expect((await copy.kv.get("kept")).kvs[0]?.modRevision).toBe(keptAt);
  });

  it("refuses what cannot be", async () => {
    expect(await runCli(["mirror"])).toMatchObject({ exitCode: 128 });
    expect(await runCli(["mirror", "a:1", "b:1"])).toMatchObject({ exitCode: 128 });
    expect(await runCli(["mirror", "--dest-prefix", "x", "--no-dest-prefix", "a:1"])).toMatchObject({ exitCode: 128 });
    expect(await runCli(["mirror", "--max-txn-ops", "0", "a:1"])).toMatchObject({ exitCode: 128 });
  });

  it("ends with an error when its start revision is compacted", async () => {
    for (const value of ["1", "2", "3"]) await source.kv.put("a", value);
    servers.source.compact(4n);
    start("--rev", "2");
    expect(await mirror?.outcome).toMatchObject({ exitCode: 1, stderr: "Error: etcdserver: mvcc: required revision has been compacted\n" });
  });
});
