import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { EtcdBinary } from "./etcd-binary.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { EtcdClient } from "etcd-watch";

/** `etcd grpc-proxy` before one endpoint: another server, which numbers watches itself and makes one of equal ones. */
export class GrpcProxy {
  /** host:port */
  readonly endpoint: string;
  readonly #binary: EtcdBinary;
  readonly #target: string;
  #process: ChildProcess;

  private constructor(binary: EtcdBinary, target: string, endpoint: string) {
    this.#binary = binary;
    this.#target = target;
    this.endpoint = endpoint;
    this.#process = this.#spawn();
  }

  /** Resolves when a request has come back through it. */
  static async start(binary: EtcdBinary, target: string): Promise<GrpcProxy> {
    const endpoint = `127.0.0.1:${String(await freePort())}`;
    const proxy = new GrpcProxy(binary, target, endpoint);
    try {
      await proxy.#answers();
      return proxy;
    } catch (error) {
      await proxy.stop();
      throw error;
    }
  }

  /** On the same port, as another process that knows nothing of the last one's watches. */
  async restart(): Promise<void> {
    await this.stop();
    this.#process = this.#spawn();
    await this.#answers();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  #spawn(): ChildProcess {
    // The one of 3.5.30 asks itself under the address that it advertises, and ends after five seconds without an answer.
    const flags = ["--endpoints", this.#target, "--listen-addr", this.endpoint, "--advertise-client-url", this.endpoint];
    return spawn(this.#binary.path, ["grpc-proxy", "start", ...flags], { stdio: "ignore" });
  }

  async #answers(): Promise<void> {
    const client = new EtcdClient({ endpoints: this.endpoint, requestTimeoutMs: 1_000 });
    const isListening = (): Promise<boolean> => {
      return client.kv.get("a").then(
        () => true,
        () => false,
      );
    };
    await eventually(isListening).finally(() => client.close());
  }
}
