import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EtcdBinary } from "./etcd-binary.ts";
import { eventually } from "./eventually.ts";

const START_TIMEOUT_MS = 20_000;
const MEMORY_DISK = "/dev/shm";

/** A page of etcd's HTTP side. No connection is kept: it would break in the middle of another test. */
function page(endpoint: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${endpoint}${path}`, { agent: false, timeout: 5_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => {
        resolve(body);
      });
      response.on("error", reject);
    });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error(`${endpoint}${path} does not answer`)));
  });
}

/**
 * Ends etcd and removes its data when this process is gone for whatever reason: its end of the pipe is closed then.
 * It has a session of its own, so that the Ctrl-C which ends us does not end it too.
 */
function guard(etcdPid: number, directory: string): ChildProcess {
  const script = 'cat > /dev/null; kill -9 "$1"; rm -rf "$2"';
  const guardian = spawn("sh", ["-c", script, "sh", String(etcdPid), directory], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guardian.unref();
  return guardian;
}

/** A directory for etcd's data, in memory where there is such a disk: each member takes 62 MB at once. */
export function dataDirectory(): Promise<string> {
  return mkdtemp(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "etcd-watch-test-"));
}

interface EtcdProcessOptions {
  readonly binary: EtcdBinary;
  /** All of etcd's flags. */
  readonly flags: readonly string[];
  /** What is removed if this program ends before etcd. */
  readonly directory: string;
  /** host:port of its client side. */
  readonly endpoint: string;
  /** host:port of its pages, where clients need certificates. Default: `endpoint`. */
  readonly pagesEndpoint?: string;
}

interface RunningProcess {
  readonly etcd: ChildProcess;
  readonly guardian: ChildProcess;
  readonly exited: Promise<unknown>;
}

/** One etcd, which can be ended and launched again. */
export class EtcdProcess {
  readonly endpoint: string;
  readonly #options: EtcdProcessOptions;
  #running: RunningProcess | undefined;
  #said = "";

  constructor(options: EtcdProcessOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
  }

  get #pagesEndpoint(): string {
    return this.#options.pagesEndpoint ?? this.endpoint;
  }

  get version(): string {
    return this.#options.binary.version;
  }

  /** The last that it said on stderr. */
  get said(): string {
    return this.#said;
  }

  /** `waitUntilHealthy: false` is for a member whose cluster has no quorum yet. */
  async launch({ waitUntilHealthy = true } = {}): Promise<void> {
    const { binary, flags, directory } = this.#options;
    const etcd = spawn(binary.path, flags, { stdio: ["ignore", "ignore", "pipe"] });
    etcd.stderr.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(-2_000)));
    const exited = new Promise((resolve) => etcd.once("exit", resolve).once("error", resolve));
    if (etcd.pid === undefined) throw new Error(`${binary.path} cannot be started`);
    this.#running = { etcd, guardian: guard(etcd.pid, directory), exited };
    if (waitUntilHealthy) await this.healthy();
  }

  /** Resolves when it says that it is healthy. */
  async healthy(): Promise<void> {
    await eventually(() => this.#isHealthy(), { timeoutMs: START_TIMEOUT_MS, describe: () => `etcd is not healthy: ${this.#said}` });
  }

  /** Resolves when the process has ended, or at once for the two signals that do not end it. */
  async kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    if (signal === "SIGSTOP" || signal === "SIGCONT") {
      running.etcd.kill(signal);
      return;
    }
    this.#running = undefined;
    running.guardian.kill("SIGKILL");
    running.etcd.kill("SIGCONT"); // a stopped process does not see SIGTERM
    running.etcd.kill(signal);
    await running.exited;
  }

  /** One of the numbers on its /metrics page, without labels unless `name` has them. */
  async gauge(name: string): Promise<number> {
    const escaped = name.replace(/[{}]/g, "\\$&");
    const value = new RegExp(`^${escaped} (\\S+)$`, "m").exec(await this.metrics())?.[1];
    if (value === undefined) throw new Error(`etcd ${this.version} has no gauge ${name}`);
    return Number(value);
  }

  metrics(): Promise<string> {
    return page(this.#pagesEndpoint, "/metrics");
  }

  async #isHealthy(): Promise<boolean> {
    const exitCode = this.#running?.etcd.exitCode;
    if (exitCode !== null) throw new Error(`etcd ended with ${String(exitCode)}: ${this.#said}`);
    const health = await page(this.#pagesEndpoint, "/health").catch(() => ""); // nobody listens yet
    return health.includes('"health":"true"');
  }
}
