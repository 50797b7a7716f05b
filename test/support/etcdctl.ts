import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EtcdBinary } from "./etcd-binary.ts";

/** The etcdctl that lies beside an etcd, or else that of the PATH. */
export function etcdctlFor({ path }: EtcdBinary): string | undefined {
  const beside = join(dirname(path), "etcdctl");
  if (existsSync(beside)) return beside;
  return spawnSync("etcdctl", ["version"]).error === undefined ? "etcdctl" : undefined;
}

export interface CommandOutcome {
  readonly status: number | null;
  readonly output: string;
}

/** etcdctl on one server. It runs beside this process, which may be the server. */
export class Etcdctl {
  readonly #path: string;
  readonly #endpoint: string;

  constructor(path: string, endpoint: string) {
    this.#path = path;
    this.#endpoint = endpoint;
  }

  /** `args` as they would be typed; `input` is what it reads. Its output, then what it said of errors: which of the two pipes is read first is chance. */
  async run(args: readonly string[], input = ""): Promise<CommandOutcome> {
    const child = this.start(args);
    const said = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    child.stdin?.end(input);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => {
        resolve({ status, output: said.stdout + said.stderr });
      });
    });
  }

  /** For commands that end only when they are told to. */
  start(args: readonly string[]): ChildProcess {
    return spawn(this.#path, ["--endpoints", this.#endpoint, ...args], { env: { ...process.env, ETCDCTL_API: "3" } });
  }
}

const numbers = (names: string): RegExp => new RegExp(`"(${names})":\\d+`, "g");

/** The output without what is each server's own: ids, ports, terms, sizes, times, and the log of etcdctl itself. */
export function comparableOutput(output: string): string {
  return output
    .split("\n")
    .filter((line) => !line.startsWith('{"level"'))
    .join("\n")
    .replace(
      numbers("cluster_id|member_id|raft_term|raftTerm|raftIndex|raftAppliedIndex|dbSize|dbSizeInUse|leader|lease|ttl|ID|id"),
      '"$1":0',
    )
    .replace(/"(ClusterID|MemberID|RaftTerm|Leader|ID|RaftIndex|RaftAppliedIndex|DBSize|DBSizeInUse|Lease|TTL)" : \d+/g, '"$1" : 0')
    .replace(/127\.0\.0\.1:\d+/g, "server")
    .replace(/\b[0-9a-f]{11,16}\b/g, "id")
    .replace(/took = [\d.]+(m|µ)?s/g, "took = some time")
    .replace(/remaining\(\d+s\)/g, "remaining(some)")
    .replace(/\d+(\.\d+)? [kM]?B, (true|false), (true|false), \d+, \d+, \d+/g, "size, $2, $3, term, index, index");
}
