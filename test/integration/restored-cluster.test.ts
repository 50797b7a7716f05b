import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { EtcdClient, isClusterChangedError, isCompactedError } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { type EtcdBinary, findEtcdBinaries } from "../support/etcd-binary.ts";
import { EtcdCluster } from "../support/etcd-cluster.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { etcdctlFor } from "../support/etcdctl.ts";
import { within } from "../support/eventually.ts";
import { observe, type ObservedWatch } from "../support/observe.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put } from "../support/writes.ts";

const NOTICED_MS = 10_000;

async function start(binary: EtcdBinary): Promise<RealEtcd> {
  const server = await RealEtcd.start(binary);
  onTestFinished(() => server.stop());
  return server;
}

/** A watch that has seen 20 puts, the last of them at the revision that is returned. */
async function watchPuts(
  endpoints: { readonly endpoint: string } | EtcdCluster,
  key: string,
): Promise<{ seen: ObservedWatch; revision: bigint }> {
  const client = new EtcdClient({ endpoints: "endpoint" in endpoints ? endpoints.endpoint : endpoints.endpoints });
  onTestFinished(() => client.close());
  const watch = client.watch(key);
  const seen = observe(watch);
  await watch.created;
  let revision = 0n;
  for (let index = 0; index < 20; index++) revision = await put(client, key, String(index));
  await seen.waitForEvents(20);
  return { seen, revision };
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ETCDCTL_API: "3" } });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(status)}: ${stdout}${stderr}`);
}

/** etcdutl that can raise the revision of what it restores. */
function etcdutlFor({ path }: EtcdBinary): string | undefined {
  const beside = join(dirname(path), "etcdutl");
  if (!existsSync(beside)) return undefined;
  return spawnSync(beside, ["snapshot", "restore", "--help"], { encoding: "utf8" }).stdout.includes("--bump-revision") ? beside : undefined;
}

/** Three members, all of which are down. */
async function startAndStop(binary: EtcdBinary, prepare: (cluster: EtcdCluster) => Promise<void>): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start(binary);
  onTestFinished(() => cluster.stop());
  await prepare(cluster);
  await Promise.all(cluster.members.map((member) => member.kill("SIGTERM")));
  return cluster;
}

async function restartAll({ members }: EtcdCluster): Promise<void> {
  await Promise.all(members.map((member) => member.restart()));
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("real etcd to be restored", binaries);

describe.each(binaries)("etcd $version that is restored", (binary) => {
  it("[103] to an earlier state of its data is noticed: the watch ends with ClusterChangedError", async () => {
    const server = await start(binary);
    const key = `${uniquePrefix()}a`;
    await put(connect(server.endpoint), key, "before");
    await server.kill("SIGTERM");
    const backup = `${server.dataDirectory}.backup`;
    await cp(server.dataDirectory, backup, { recursive: true });
    await server.restart();
    const { seen, revision } = await watchPuts(server, key);
    await server.kill("SIGKILL");
    await rm(server.dataDirectory, { recursive: true });
    await rename(backup, server.dataDirectory);
    await server.restart();
    const outcome = await within(NOTICED_MS, "the notice", seen.ended);
    if (!isClusterChangedError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
    expect(outcome).toMatchObject({ code: "CLUSTER_CHANGED", expected: revision });
    expect(outcome.actual).toBeLessThan(revision);
    expect(seen.events).toHaveLength(20);
  }, 30_000);

  it("[103] in all of three members to an earlier state is noticed, whichever of them the watch comes to", async () => {
    const key = `${uniquePrefix()}a`;
    const cluster = await startAndStop(binary, async (running) => {
      await put(connect(running.endpoints[0] ?? ""), key, "before");
    });
    const { members } = cluster;
    for (const { dataDirectory } of members) await cp(dataDirectory, `${dataDirectory}.backup`, { recursive: true });
    await restartAll(cluster);
    const { seen, revision } = await watchPuts(cluster, key);
    await Promise.all(members.map((member) => member.kill("SIGKILL")));
    for (const { dataDirectory } of members) {
      await rm(dataDirectory, { recursive: true });
      await rename(`${dataDirectory}.backup`, dataDirectory);
    }
    await restartAll(cluster);
    const outcome = await within(NOTICED_MS, "the notice", seen.ended);
    if (!isClusterChangedError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
    expect(outcome).toMatchObject({ expected: revision });
    expect(seen.events).toHaveLength(20);
  }, 60_000);
});

describe.each(binaries.flatMap((binary) => (etcdutlFor(binary) === undefined ? [] : [binary])))(
  "etcd $version that is restored from a snapshot",
  (binary) => {
    it.each([
      ["102", "with its revision raised and what is below compacted ends the watch with CompactedError", "1000"],
      ["103", "as it is ends the watch with ClusterChangedError", undefined],
    ])("[%s] %s", async (number, _, bump) => {
      const server = await start(binary);
      const key = `${uniquePrefix()}a`;
      await put(connect(server.endpoint), key, "before");
      const directory = await mkdtemp(join(tmpdir(), "etcd-watch-test-"));
      onTestFinished(() => rm(directory, { recursive: true, force: true }));
      const snapshot = join(directory, "snapshot.db");
      run(etcdctlFor(binary) ?? "etcdctl", ["--endpoints", server.endpoint, "snapshot", "save", snapshot]);
      const { seen, revision } = await watchPuts(server, key);
      await server.kill("SIGKILL");
      await rm(server.dataDirectory, { recursive: true });
      const raised = bump === undefined ? [] : ["--bump-revision", bump, "--mark-compacted"];
      const member = ["--name", "test", "--initial-cluster", `test=${server.peerUrl}`, "--initial-advertise-peer-urls", server.peerUrl];
      run(etcdutlFor(binary) ?? "etcdutl", ["snapshot", "restore", snapshot, "--data-dir", server.dataDirectory, ...member, ...raised]);
      await server.restart();
      const outcome = await within(NOTICED_MS, "the notice", seen.ended);
      if (number === "103") expect(outcome).toSatisfy(isClusterChangedError);
      else if (isCompactedError(outcome)) {
        expect(outcome.requestedRevision).toBe(revision + 1n);
        expect(outcome.compactRevision).toBeGreaterThan(revision + 900n);
      } else throw new Error(`it ended with ${String(outcome)}`);
      expect(seen.events).toHaveLength(20);
    });

    it("[102] in all of three members, with its revision raised, ends the watch with CompactedError", async () => {
      const key = `${uniquePrefix()}a`;
      const directory = await mkdtemp(join(tmpdir(), "etcd-watch-test-"));
      onTestFinished(() => rm(directory, { recursive: true, force: true }));
      const snapshot = join(directory, "snapshot.db");
      const cluster = await startAndStop(binary, async ({ endpoints: [endpoint = ""] }) => {
        await put(connect(endpoint), key, "before");
        run(etcdctlFor(binary) ?? "etcdctl", ["--endpoints", endpoint, "snapshot", "save", snapshot]);
      });
      const { members } = cluster;
      await restartAll(cluster);
      const { seen, revision } = await watchPuts(cluster, key);
      await Promise.all(members.map((member) => member.kill("SIGKILL")));
      const initialCluster = members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
      for (const { name, peerUrl, dataDirectory } of members) {
        await rm(dataDirectory, { recursive: true });
        const member = ["--name", name, "--initial-cluster", initialCluster, "--initial-advertise-peer-urls", peerUrl];
        const raised = ["--bump-revision", "1000", "--mark-compacted"];
        run(etcdutlFor(binary) ?? "etcdutl", ["snapshot", "restore", snapshot, "--data-dir", dataDirectory, ...member, ...raised]);
      }
      await restartAll(cluster);
      const outcome = await within(NOTICED_MS, "the notice", seen.ended);
      if (!isCompactedError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
      expect(outcome.compactRevision).toBeGreaterThan(revision + 900n);
      expect(seen.events).toHaveLength(20);
    }, 60_000);
  },
);
