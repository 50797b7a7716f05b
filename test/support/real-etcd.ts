import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EtcdBinary } from "./etcd-binary.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

const START_TIMEOUT_MS = 20_000;
const START_ATTEMPTS = 3;

/** A page of etcd's HTTP side. No connection is kept: it would break in the middle of another test. */
function page(endpoint: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`http://${endpoint}${path}`, { agent: false, timeout: 5_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => {
        resolve(body);
      });
      response.on("error", reject);
    }).on("error", reject);
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

interface RealEtcdParts {
  readonly binary: EtcdBinary;
  readonly flags: readonly string[];
  readonly directory: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

interface RunningProcess {
  readonly etcd: ChildProcess;
  readonly guardian: ChildProcess;
  readonly exited: Promise<unknown>;
}

/** A real etcd of one member on loopback, with data of its own that is gone after `stop()`. */
export class RealEtcd {
  readonly #parts: RealEtcdParts;
  #running: RunningProcess | undefined;
  #said = "";

  private constructor(parts: RealEtcdParts) {
    this.#parts = parts;
  }

  /** Starts it with `flags` besides those that it needs, and waits until it says that it is healthy. */
  static async start(binary: EtcdBinary, { flags = [] }: { flags?: readonly string[] } = {}): Promise<RealEtcd> {
    for (let attempt = 1; ; attempt++) {
      const directory = await mkdtemp(join(tmpdir(), "etcd-watch-test-"));
      const [clientPort, peerPort] = [await freePort(), await freePort()];
      const server = new RealEtcd({ binary, flags, directory, clientPort, peerPort });
      try {
        await server.#launch();
        return server;
      } catch (error) {
        await server.stop();
        if (attempt === START_ATTEMPTS) throw error; // else another process took a port before etcd did
      }
    }
  }

  /** host:port */
  get endpoint(): string {
    return `127.0.0.1:${String(this.#parts.clientPort)}`;
  }

  get version(): string {
    return this.#parts.binary.version;
  }

  /** One of the gauges on its /metrics page. */
  async gauge(name: string): Promise<number> {
    const value = new RegExp(`^${name} (\\S+)$`, "m").exec(await page(this.endpoint, "/metrics"))?.[1];
    if (value === undefined) throw new Error(`etcd ${this.version} has no gauge ${name}`);
    return Number(value);
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

  /** Starts it again on the same ports and data. A process that still runs is killed first. */
  async restart(): Promise<void> {
    await this.kill("SIGKILL");
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    await rm(this.#parts.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #launch(): Promise<void> {
    const { binary, flags, directory, clientPort, peerPort } = this.#parts;
    const [clientUrl, peerUrl] = [`http://127.0.0.1:${String(clientPort)}`, `http://127.0.0.1:${String(peerPort)}`];
    const ownFlags = ["--name", "test", "--data-dir", join(directory, "data"), "--logger", "zap", "--log-level", "error"];
    const clientFlags = ["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl];
    const peerFlags = ["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `test=${peerUrl}`];
    const etcd = spawn(binary.path, [...ownFlags, ...clientFlags, ...peerFlags, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    etcd.stderr.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(-2_000)));
    const exited = new Promise((resolve) => etcd.once("exit", resolve).once("error", resolve));
    if (etcd.pid === undefined) throw new Error(`${binary.path} cannot be started`);
    this.#running = { etcd, guardian: guard(etcd.pid, directory), exited };
    await eventually(() => this.#isHealthy(etcd), { timeoutMs: START_TIMEOUT_MS, describe: () => `etcd is not healthy: ${this.#said}` });
  }

  async #isHealthy(etcd: ChildProcess): Promise<boolean> {
    if (etcd.exitCode !== null) throw new Error(`etcd ended with ${String(etcd.exitCode)}: ${this.#said}`);
    const health = await page(this.endpoint, "/health").catch(() => ""); // nobody listens yet
    return health.includes('"health":"true"');
  }
}
