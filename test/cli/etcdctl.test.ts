import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningCli, runCli } from "../support/cli-run.ts";
import { type EtcdBinary, findEtcdBinaries } from "../support/etcd-binary.ts";
import { comparableOutput, etcdctlFor } from "../support/etcdctl.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { eventually } from "../support/eventually.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { sideBySideLines, sideBySideWatches, watchedWrites, wordsOf } from "./side-by-side.ts";

/** What a command came to, without what is each server's own. */
interface Comparable {
  readonly exitCode: number | null;
  readonly stdout: string;
}

interface Line {
  readonly args: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How long what is not to come is waited for: a watch that prints nothing. */
const QUIET_MS = 500;

function etcdctlSide(path: string, endpoint: string) {
  const start = ({ args, environment = {} }: Line) => {
    const child = spawn(path, [...args], {
      env: { PATH: process.env["PATH"], ETCDCTL_API: "3", ETCDCTL_ENDPOINTS: endpoint, ...environment },
    });
    const said = { stdout: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.resume();
    child.stdin.on("error", () => undefined); // it may end without reading
    return { child, said, closed: once(child, "close") as Promise<[number | null]> };
  };
  return {
    async run(line: Line): Promise<Comparable> {
      const { child, said, closed } = start(line);
      child.stdin.end(line.input ?? "");
      const [exitCode] = await closed;
      return { exitCode, stdout: said.stdout };
    },
    async watch(line: Line, last: string): Promise<string> {
      const { child, said, closed } = start(line);
      const isOver = eventually(() => said.stdout.includes(last) || child.exitCode !== null, {
        timeoutMs: last === "no such output" ? QUIET_MS : 10_000,
      });
      await isOver.catch(() => undefined); // what was printed until then is compared
      child.kill();
      await closed;
      return said.stdout;
    },
  };
}

function ourSide(endpoint: string) {
  const env = (environment: Line["environment"] = {}) => ({ PATH: process.env["PATH"], ETCDCTL_ENDPOINTS: endpoint, ...environment });
  return {
    async run({ args, input = "", environment }: Line): Promise<Comparable> {
      const { exitCode, stdout } = await runCli(args, { input, env: env(environment) });
      return { exitCode, stdout };
    },
    async watch({ args, environment }: Line, last: string): Promise<string> {
      const cli = new RunningCli(args, { env: env(environment) });
      let hasEnded = false;
      const ended = cli.outcome.finally(() => (hasEnded = true));
      const isOver = eventually(() => cli.stdout.includes(last) || hasEnded, { timeoutMs: last === "no such output" ? QUIET_MS : 10_000 });
      await isOver.catch(() => undefined); // what was printed until then is compared
      cli.interrupt();
      await ended;
      return cli.stdout;
    },
  };
}

/** A member's id is drawn, and one in sixteen has a digit less, which makes each table that it is in narrower. */
async function startWithLongId(binary: EtcdBinary): Promise<RealEtcd> {
  for (;;) {
    const server = await RealEtcd.start(binary);
    const { stdout } = await runCli(["endpoint", "status"], { env: { PATH: process.env["PATH"], ETCDCTL_ENDPOINTS: server.endpoint } });
    if (/, [0-9a-f]{16}, /.test(stdout)) return server;
    await server.stop();
  }
}

function beside(binary: EtcdBinary, path: string): void {
  describe(`etcd-watch beside the etcdctl of etcd ${binary.version}: the same output and exit code`, () => {
    let servers: readonly RealEtcd[] = [];
    let sides: { readonly ours: ReturnType<typeof ourSide>; readonly theirs: ReturnType<typeof etcdctlSide> };
    beforeAll(async () => {
      const [one, other] = await Promise.all([startWithLongId(binary), startWithLongId(binary)]);
      servers = [one, other];
      sides = { ours: ourSide(one.endpoint), theirs: etcdctlSide(path, other.endpoint) };
    });
    afterAll(() => Promise.all(servers.map((server) => server.stop())));

    it(`for ${String(sideBySideWatches.length)} watches`, { timeout: 120_000 }, async () => {
      for (const args of watchedWrites) await Promise.all([sides.ours.run({ args }), sides.theirs.run({ args })]);
      for (const [line, last, environment = {}] of sideBySideWatches) {
        const watched = { args: wordsOf(line), environment };
        const [ours, theirs] = await Promise.all([sides.ours.watch(watched, last), sides.theirs.watch(watched, last)]);
        expect(comparableOutput(ours), line).toBe(comparableOutput(theirs));
        expect(theirs.includes(last), line).toBe(last !== "no such output");
      }
      const args = ["del", "", "--from-key"];
      await Promise.all([sides.ours.run({ args }), sides.theirs.run({ args })]);
    });

    it(`for ${String(sideBySideLines.length)} command lines`, { timeout: 240_000 }, async () => {
      const leases = { ours: "0", theirs: "0" };
      const runOn = async (side: "ours" | "theirs", [line, input = "", environment = {}]: (typeof sideBySideLines)[number]) => {
        const { exitCode, stdout } = await sides[side].run({ args: wordsOf(line.replace("LEASE", leases[side])), input, environment });
        leases[side] = /^lease ([0-9a-f]+) granted/.exec(stdout)?.[1] ?? leases[side];
        return { exitCode, stdout: comparableOutput(stdout).replace(/"Took" : \S+/, '"Took" : some time') };
      };
      for (const line of sideBySideLines) {
        const [ours, theirs] = await Promise.all([runOn("ours", line), runOn("theirs", line)]);
        expect.soft(ours, `${line[0]} ${line[1] ?? ""}`).toEqual(theirs);
      }
    });
  });
}

const tried: string[] = [];
for (const binary of findEtcdBinaries()) {
  const path = etcdctlFor(binary);
  // The output is that of the etcdctl of 3.4; later ones print some things otherwise (docs/command-line.md).
  const version = path === undefined ? "" : spawnSync(path, ["version"], { encoding: "utf8", env: { ETCDCTL_API: "3" } }).stdout;
  if (path === undefined || !version.startsWith("etcdctl version: 3.4.")) continue;
  tried.push(binary.version);
  beside(binary, path);
}
mustBeFoundInCi("etcdctl 3.4, to compare etcd-watch with", tried);
