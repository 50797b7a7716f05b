import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { RunningCli, runCli } from "../support/cli-run.ts";
import { eventually } from "../support/eventually.ts";

/** A server for each test, and a client of it that is not the command line's. */
let server: MockEtcdServer;
let client: EtcdClient;
beforeEach(async () => {
  server = await MockEtcdServer.start();
  client = new EtcdClient({ endpoints: server.endpoint });
});
afterEach(async () => {
  await client.close();
  await eventually(() => server.metrics.connections === 0, { describe: () => "the command line has left a connection open" });
  await server.stop();
});

/** The client finds out by its first request that its connection is gone; that one was not done, for there was no server. */
async function putAfterRestart(key: string, value: string): Promise<void> {
  await eventually(() =>
    client.kv.put(key, value).then(
      () => true,
      () => false,
    ),
  );
}

const env = () => ({ PATH: process.env["PATH"], ETCDCTL_ENDPOINTS: server.endpoint });
const cli = (...argv: string[]) => runCli(argv, { env: env() });
function running(...argv: string[]): RunningCli {
  const command = new RunningCli(argv, { env: env() });
  onTestFinished(async () => {
    command.interrupt();
    await command.outcome;
  });
  return command;
}

describe("etcd-watch watch", () => {
  it("goes on after a lost connection, and prints nothing twice", async () => {
    const watch = running("watch", "k", "--rev", "1");
    await client.kv.put("k", "1");
    await eventually(() => watch.stdout.includes("1"));
    await server.restart();
    await putAfterRestart("k", "2");
    await eventually(() => watch.stdout.includes("2"));
    watch.interrupt();
    expect(await watch.outcome).toEqual({ exitCode: 130, stdout: "PUT\nk\n1\nPUT\nk\n2\n", stderr: "" });
  });

  it("prints progress, if it is asked to", async () => {
    await using told = await MockEtcdServer.start({ progressNotifyIntervalMs: 100 });
    const watch = new RunningCli(["watch", "k", "--progress-notify", "--endpoints", told.endpoint]);
    await eventually(() => watch.stdout.includes("progress notify: 1\n"));
    watch.interrupt();
    expect(await watch.outcome).toMatchObject({ exitCode: 130, stderr: "" });
  });

  it("reads watches from standard input with -i, and asks for progress", async () => {
    const watch = running("watch", "-i");
    watch.stdin.write('watch "a b"\nwatch c --prefix --prev-kv\nnonsense\n');
    await eventually(() => server.metrics.watchers === 2);
    await client.kv.put("a b", "1");
    await eventually(() => watch.stdout.includes("1"));
    await client.kv.put("cc", "2");
    await eventually(() => watch.stdout.includes("2"));
    await client.kv.put("cc", "3");
    await eventually(() => watch.stdout.includes("3"));
    expect(watch.stdout).toBe("PUT\na b\n1\nPUT\ncc\n2\nPUT\ncc\n2\ncc\n3\n");
    expect(watch.stderr).toBe("Invalid command nonsense (watch and progress are supported)\n");
    watch.stdin.write("progress\n");
    await eventually(() => watch.stdout.includes("progress notify: 4\n"));
    watch.stdin.end();
    expect(await watch.outcome).toMatchObject({ exitCode: 3 });
  });

  it("with -i ends when a command that it runs fails", async () => {
    const watch = running("watch", "-i");
    watch.stdin.write("watch a -- false\n");
    await eventually(() => server.metrics.watchers === 1);
    await client.kv.put("a", "1");
    expect(await watch.outcome).toMatchObject({ exitCode: 1, stderr: 'Error: command ["false"] error (exit status 1)\n' });
  });

  it("says what compacted the watch, as etcdctl does", async () => {
    for (const value of ["1", "2", "3"]) await client.kv.put("k", value);
    await client.kv.compact(4);
    const { exitCode, stdout, stderr } = await cli("watch", "k", "--rev", "2", "-w", "json");
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(
      /^{"Header":{"cluster_id":\d+,"member_id":\d+,.*},"Events":\[\],"CompactRevision":4,"Canceled":true,"Created":false}\n$/,
    );
    expect(stderr).toBe(
      "watch was canceled (etcdserver: mvcc: required revision has been compacted)\nError: watch is canceled by the server\n",
    );
  });
});

describe("etcd-watch get, put, del and txn", () => {
  it("keep keys and values byte for byte", async () => {
    const value = Buffer.from([0, 0xff, 0x0a, 0xc3, 0x28]);
    expect(await runCli(["put", "bytes"], { input: value, env: env() })).toMatchObject({ exitCode: 0, stdout: "OK\n" });
    expect((await client.kv.get("bytes")).kvs[0]?.value).toEqual(value);
    expect((await cli("get", "bytes", "--hex", "--print-value-only")).stdout).toBe("\\x00\\xff\\x0a\\xc3\\x28\n");
  });

  it("know what later versions of etcdctl know", async () => {
    for (const key of ["a", "b", "c"]) await client.kv.put(key, key);
    expect((await cli("get", "", "--prefix", "--count-only", "-w", "fields")).stdout).toContain('"Count" : 3\n');
    expect((await cli("get", "", "--prefix", "--keys-only", "--min-mod-rev", "3", "--max-mod-rev", "3")).stdout).toBe("b\n\n");
    expect(await cli("get", "a", "--min-mod-rev", "3", "--max-mod-rev", "2")).toMatchObject({ exitCode: 4 });
    expect(await cli("get", "a", "--count-only")).toMatchObject({ exitCode: 128 });
    expect((await cli("del", "a", "c", "--range")).stdout).toBe("2\n");
  });

  it("compare leases in a transaction", async () => {
    const { id } = await client.lease.grant(60);
    await client.kv.put("leased", "x", { lease: id });
    const input = `lease("leased") = "${id.toString(16)}"\n\nget leased\n\n\n`;
    expect((await runCli(["txn"], { input, env: env() })).stdout).toBe("SUCCESS\n\nleased\nx\n");
  });

  it.each([
    ["put -w protobuf a b", 4, "protobuf not supported"],
    ["put -w table a b", 4, "table not supported"],
    ["get a --dial-timeout 0", 128, "--dial-timeout must be above 0"],
    ["get a --endpoints bad:x:y", 128, "An endpoint must be"],
    ["get a --cacert /nosuch/ca.pem", 128, "--cacert cannot be read"],
    ["get a --user root", 1, "no password for root"],
  ])("refuse %s before anything is sent", async (line, exitCode, message) => {
    const outcome = await runCli(line.split(" "), { env: line.includes("--endpoints") ? {} : env() });
    expect(outcome).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) as unknown });
    expect(server.revision).toBe(1n);
  });

  it("log in as the user who was named", async () => {
    await using guarded = await MockEtcdServer.start({ auth: { rootPassword: "pw" } });
    const at = ["--endpoints", guarded.endpoint];
    expect(await runCli(["put", "a", "b", ...at, "--user", "root:pw"])).toMatchObject({ exitCode: 0 });
    expect(await runCli(["get", "a", ...at, "--user", "root", "--password", "pw"])).toMatchObject({ exitCode: 0, stdout: "a\nb\n" });
    expect(await runCli(["get", "a", ...at, "--user", "root:wrong"])).toMatchObject({ exitCode: 2 });
    expect(await runCli(["get", "a", ...at])).toMatchObject({ exitCode: 1, stderr: "Error: etcdserver: user name is empty\n" });
  });

  it("end with 1 when no endpoint answers in time", async () => {
    const outcome = await runCli(["get", "a", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms"]);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("127.0.0.1:1") as unknown });
  });
});

describe("etcd-watch lease keep-alive", () => {
  it("renews until the lease is gone", async () => {
    const { id } = await client.lease.grant(60);
    const keeping = running("lease", "keep-alive", id.toString(16));
    await eventually(() => keeping.stdout.includes("keepalived with TTL(60)\n"));
    keeping.interrupt();
    expect(await keeping.outcome).toMatchObject({ exitCode: 130, stderr: "" });
  });
});

describe("etcd-watch top", () => {
  it("prints a line at each interval where there is no terminal, and ends with 0", async () => {
    const top = running("top", "a", "b", "--interval", "50ms");
    await eventually(() => server.metrics.watchers === 2);
    await client.kv.put("a", "1");
    await eventually(() => /connected \S+ streams=1 watches=2 events=1 rate=[\d.]+\/s lag=0 parked=0 reconnects=0\n/.test(top.stdout));
    await server.restart();
    await eventually(() => top.stdout.includes("reconnects=1"));
    top.interrupt();
    expect(await top.outcome).toMatchObject({ exitCode: 0 });
  });

  it("draws on a terminal, and leaves it as it was", async () => {
    const top = new RunningCli(["top", "a", "--interval", "50ms"], { env: env(), isTerminal: true });
    await eventually(() => top.stdout.includes("watching"));
    top.interrupt();
    const { exitCode, stdout, stderr } = await top.outcome;
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(stdout.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(stdout).toContain("\u001b[32mconnected\u001b[39m");
  });

  it.each([{ NO_COLOR: "1" }, { TERM: "dumb" }])("uses no colours with %j", async (variables) => {
    const top = new RunningCli(["top", "a", "--interval", "50ms"], { env: { ...env(), ...variables }, isTerminal: true });
    await eventually(() => top.stdout.includes("watching"));
    top.interrupt();
    const { stdout } = await top.outcome;
    for (const colour of ["1m", "2m", "7m", "31m", "32m", "33m"]) expect(stdout).not.toContain(`\u001b[${colour}`);
    const help = new RunningCli(["--help"], { env: variables, isTerminal: true });
    expect((await help.outcome).stdout).not.toContain("\u001b");
  });

  it("ends, where there is no terminal, when the server has ended every watch", async () => {
    for (const value of ["1", "2", "3"]) await client.kv.put("a", value);
    await client.kv.compact(4);
    expect(await cli("top", "a", "--rev", "2", "--interval", "50ms")).toMatchObject({
      exitCode: 5,
      stderr: "Error: every watch has ended: a: etcdserver: mvcc: required revision has been compacted\n",
    });
  });

  it.each([
    ["top", "needs a key"],
    ["top a --interval 1ms", "--interval must be at least 50ms"],
  ])("refuses %s", async (line, message) => {
    expect(await cli(...line.split(" "))).toMatchObject({ exitCode: 128, stderr: expect.stringContaining(message) as unknown });
  });
});

describe("etcd-watch mock-server", () => {
  it("says so when the port is taken", async () => {
    const port = String(server.port);
    expect(await runCli(["mock-server", "--port", port])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`127.0.0.1:${port}`) as unknown,
    });
    expect(await runCli(["mock-server", "--port", "70000"])).toMatchObject({ exitCode: 128 });
    expect(await runCli(["mock-server", "--compatibility", "2"])).toMatchObject({ exitCode: 4 });
  });
});
