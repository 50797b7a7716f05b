import { spawn, spawnSync } from "node:child_process";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { RealEtcd } from "../support/real-etcd.ts";

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

const binary = findEtcdBinaries().find(({ version }) => version === "3.4.23");
const hasEtcdctl = spawnSync("etcdctl", ["version"]).error === undefined;

/** Runs etcdctl without blocking this process, which is the server. */
function etcdctl(endpoint: string, args: readonly string[], input = ""): Promise<Outcome> {
  const child = spawn("etcdctl", ["--endpoints", endpoint, ...args], { env: { ...process.env, ETCDCTL_API: "3" } });
  let output = "";
  const collect = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      resolve({ status, output: withoutIds(output) });
    });
  });
}

/** Without what differs from one server to another: ids, times and retries that etcdctl logs. */
function withoutIds(output: string): string {
  return output
    .split("\n")
    .filter((line) => !line.startsWith('{"level"'))
    .join("\n")
    .replace(/"(cluster_id|member_id)":\d+/g, '"$1":0')
    .replace(/"(ClusterID|MemberID)" : \d+/g, '"$1" : 0');
}

const TXN = `mod("a") > "0"
value("b") = "2"

put c 3
get a
del b

put never 1

`;

const commands: readonly (readonly [args: string, input?: string])[] = [
  ["put a 1"],
  ["put a 2 --prev-kv"],
  ["put b 2 -w json"],
  ["get a -w json"],
  ["get a -w fields"],
  ["get --from-key a"],
  ["get a z --keys-only"],
  ["get --prefix a --rev 2 -w json"],
  ["get a z --order DESCEND --sort-by VALUE --limit 1 -w json"],
  ["get a --rev 99"],
  ["txn -w json", TXN],
  ["txn", TXN],
  ["del a --prev-kv -w json"],
  ["del --prefix none"],
  ["put d 4 --lease 7"],
  ["put d --ignore-value"],
  ["lease grant 60"],
  ["compaction 4"],
  ["compaction 4"],
  ["get a --rev 3"],
  ["lease timetolive 404"],
  ["lease revoke 404"],
  ["user add someone:pw"],
  ["role add reader"],
  ["role grant-permission reader read foo bar"],
  ["user grant-role someone reader"],
  ["role get reader"],
  ["user get someone"],
  ["user list"],
  ["auth enable"],
];

describe.skipIf(binary === undefined || !hasEtcdctl)("etcdctl", () => {
  it("says the same of the bundled server as of etcd 3.4.23", { timeout: 60_000 }, async () => {
    if (binary === undefined) return;
    const bundled = await MockEtcdServer.start({ compatibility: "3.4.23" });
    const real = await RealEtcd.start(binary);
    onTestFinished(async () => {
      await bundled.stop();
      await real.stop();
    });
    for (const [args, input] of commands) {
      const [ours, theirs] = await Promise.all([bundled, real].map(({ endpoint }) => etcdctl(endpoint, args.split(" "), input)));
      const leaseless = (outcome: Outcome | undefined) =>
        outcome && { ...outcome, output: outcome.output.replace(/lease [0-9a-f]{16}/, "lease") };
      expect(leaseless(ours), args).toEqual(leaseless(theirs));
    }
  });

  it("watches the bundled server", async () => {
    const server = await MockEtcdServer.start();
    onTestFinished(() => server.stop());
    await etcdctl(server.endpoint, ["put", "a/1", "x"]);
    const watch = spawn("etcdctl", ["--endpoints", server.endpoint, "watch", "a/", "--prefix", "--rev", "1", "--prev-kv"], {
      env: { ...process.env, ETCDCTL_API: "3" },
    });
    onTestFinished(() => {
      watch.kill();
    });
    let output = "";
    watch.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await expect.poll(() => output).toBe("PUT\na/1\nx\n");
    await etcdctl(server.endpoint, ["del", "a/", "--prefix"]);
    await expect.poll(() => output).toBe("PUT\na/1\nx\nDELETE\na/1\nx\na/1\n\n");
  });
});
