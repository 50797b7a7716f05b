import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** The program itself, as a shell starts it. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { env: { PATH: process.env["PATH"], ...env } });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  return { child, said, closed: once(child, "close") as Promise<[number | null, string | null]> };
}

describe("etcd-watch as a process", { timeout: 30_000 }, () => {
  let server: MockEtcdServer;
  beforeAll(async () => {
    server = await MockEtcdServer.start();
  });
  afterAll(() => server.stop());
  const env = () => ({ ETCDCTL_ENDPOINTS: server.endpoint });

  it("ends with the exit code of the command, by itself, with nothing left on the server", async () => {
    const put = start(["put", "hello", "world"], env());
    expect(await put.closed).toEqual([0, null]);
    expect(put.said).toEqual({ stdout: "OK\n", stderr: "" });
    const refused = start(["watch"], env());
    expect(await refused.closed).toEqual([128, null]);
    expect(refused.said.stderr).toContain("Error: bad number of arguments\n");
    await eventually(() => server.metrics.connections === 0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGHUP", 129],
    ["SIGTERM", 143],
  ] as const)("ends a watch on %s with %d, and leaves none behind", async (signal, exitCode) => {
    const watch = start(["watch", "a"], env());
    await eventually(() => server.metrics.watchers === 1);
    watch.child.kill(signal);
    expect(await watch.closed).toEqual([exitCode, null]);
    expect(watch.said).toEqual({ stdout: "", stderr: "" });
    await eventually(() => server.metrics.connections === 0);
  });

  it("ends cleanly when nobody reads its output any more", async () => {
    const watch = start(["watch", "pipe"], env());
    await eventually(() => server.metrics.watchers === 1);
    await start(["put", "pipe", "1"], env()).closed;
    await eventually(() => watch.said.stdout.includes("pipe"));
    watch.child.stdout.destroy();
    await start(["put", "pipe", "2"], env()).closed;
    expect(await watch.closed).toEqual([141, null]);
    expect(watch.said.stderr).toBe("");
    await eventually(() => server.metrics.watchers === 0);
  });

  it("does not wait for standard input that nobody needs", async () => {
    const get = start(["get", "hello"], env()); // its stdin stays open
    expect(await get.closed).toEqual([0, null]);
  });

  it("runs a command for each event, on the same output", async () => {
    const watch = start(["watch", "exec", "--", "sh", "-c", "echo $ETCD_WATCH_KEY; echo to stderr >&2"], env());
    await eventually(() => server.metrics.watchers === 1);
    await start(["put", "exec", "x y"], env()).closed;
    await eventually(() => watch.said.stderr !== "");
    watch.child.kill("SIGINT");
    await watch.closed;
    expect(watch.said).toEqual({ stdout: 'PUT\nexec\nx y\n"exec"\n', stderr: "to stderr\n" });
  });

  it("serves any client as mock-server, and ends with 0 when it is told to", async () => {
    const mock = start(["mock-server", "--port", "0"]);
    await eventually(() => mock.said.stdout.includes("\n"), { describe: () => mock.said.stderr });
    const url = /http:\S+\d/.exec(mock.said.stdout)?.[0] ?? "";
    const put = start(["put", "a", "b", "--endpoints", url]);
    expect(await put.closed).toEqual([0, null]);
    mock.child.kill("SIGINT");
    expect(await mock.closed).toEqual([0, null]);
  });
});
