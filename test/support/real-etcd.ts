import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { EtcdBinary } from "./etcd-binary.ts";
import { dataDirectory, EtcdProcess } from "./etcd-process.ts";
import { freePort } from "./free-port.ts";

const START_ATTEMPTS = 3;

/** A real etcd of one member on loopback, with data of its own that is gone after `stop()`. */
export class RealEtcd {
  /** By which its peers would call it. */
  readonly peerUrl: string;
  readonly #process: EtcdProcess;
  readonly #directory: string;

  private constructor(process: EtcdProcess, { directory, peerPort }: { directory: string; peerPort: number }) {
    this.#process = process;
    this.#directory = directory;
    this.peerUrl = `http://127.0.0.1:${String(peerPort)}`;
  }

  /** Starts it with `flags` besides those that it needs, and waits until it says that it is healthy. */
  static async start(
    binary: EtcdBinary,
    { flags = [], scheme = "http" }: { flags?: readonly string[]; scheme?: "http" | "https" } = {},
  ): Promise<RealEtcd> {
    for (let attempt = 1; ; attempt++) {
      const directory = await dataDirectory();
      const [clientPort, peerPort, pagesPort] = [await freePort(), await freePort(), await freePort()];
      const process = new EtcdProcess({
        binary,
        flags: [...ownFlags({ directory, scheme, clientPort, peerPort, pagesPort }), ...flags],
        directory,
        endpoint: `127.0.0.1:${String(clientPort)}`,
        ...(scheme === "https" ? { pagesEndpoint: `127.0.0.1:${String(pagesPort)}` } : {}),
      });
      const server = new RealEtcd(process, { directory, peerPort });
      try {
        await process.launch();
        return server;
      } catch (error) {
        await server.stop();
        if (attempt === START_ATTEMPTS) throw error; // else another process took a port before etcd did
      }
    }
  }

  /** host:port */
  get endpoint(): string {
    return this.#process.endpoint;
  }

  get version(): string {
    return this.#process.version;
  }

  /** Where its data lies. */
  get dataDirectory(): string {
    return join(this.#directory, "data");
  }

  /** One of the gauges on its /metrics page. */
  gauge(name: string): Promise<number> {
    return this.#process.gauge(name);
  }

  /** Its whole /metrics page. */
  metrics(): Promise<string> {
    return this.#process.metrics();
  }

  /** Resolves when the process has ended, or at once for the two signals that do not end it. */
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    return this.#process.kill(signal);
  }

  /** Starts it again on the same ports and data. A process that still runs is killed first. */
  async restart(): Promise<void> {
    await this.kill("SIGKILL");
    await this.#process.launch();
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function ownFlags(options: { directory: string; scheme: string; clientPort: number; peerPort: number; pagesPort: number }): string[] {
  const { directory, scheme, clientPort, peerPort, pagesPort } = options;
  const [clientUrl, peerUrl] = [`${scheme}://127.0.0.1:${String(clientPort)}`, `http://127.0.0.1:${String(peerPort)}`];
  return [
    ...["--name", "test", "--data-dir", join(directory, "data"), "--logger", "zap", "--log-level", "error"],
    ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
    ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `test=${peerUrl}`],
    ...(scheme === "https" ? ["--listen-metrics-urls", `http://127.0.0.1:${String(pagesPort)}`] : []),
  ];
}
