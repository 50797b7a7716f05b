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
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, endpoint: string) {
    this.#process = process;
    this.endpoint = endpoint;
  }

  /** Resolves when a request has come back through it. */
  static async start(binary: EtcdBinary, target: string): Promise<GrpcProxy> {
    const endpoint = `127.0.0.1:${String(await freePort())}`;
    const process = spawn(binary.path, ["grpc-proxy", "start", "--endpoints", target, "--listen-addr", endpoint], { stdio: "ignore" });
    const proxy = new GrpcProxy(process, endpoint);
    const client = new EtcdClient({ endpoints: endpoint, requestTimeoutMs: 1_000 });
    try {
      await eventually(() =>
        client.kv.get("a").then(
          () => true,
          () => false, // not listening yet
        ),
      );
      return proxy;
    } catch (error) {
      await proxy.stop();
      throw error;
    } finally {
      await client.close();
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }
}
