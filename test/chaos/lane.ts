import { EtcdClient, Watcher, type ClientOptions } from "etcd-watch";
import { ChaosProxy } from "etcd-watch/mock-server";
import { watcherHost } from "../../src/watch/watcher-host.ts";
import { JumpyClock } from "./jumpy-clock.ts";
import { WireTap } from "./wire-tap.ts";

/** Short enough that what hangs is found within a round. A server of a round allows pings as often. */
const patience: Omit<ClientOptions, "endpoints"> = {
  keepAliveIntervalMs: 600,
  keepAliveTimeoutMs: 600,
  connectTimeoutMs: 800,
  requestTimeoutMs: 2_000,
  backoff: { baseMs: 10, maxMs: 400 },
};

/** `createWindow`: how many creates may be in flight, if not as many as users have. */
export type LaneOptions = Omit<ClientOptions, "endpoints"> & { readonly createWindow?: number | undefined };

/** A client with a bad line: a proxy before each endpoint, a clock that jumps, and a tap that sees what goes over the wire. */
export class Lane {
  readonly watcher: Watcher;
  readonly tap: WireTap;
  readonly clock = new JumpyClock();
  readonly proxies: readonly ChaosProxy[];
  readonly #client: EtcdClient;

  private constructor(proxies: readonly ChaosProxy[], { createWindow, ...options }: LaneOptions) {
    this.proxies = proxies;
    this.#client = new EtcdClient({ ...patience, ...options, endpoints: proxies.map(({ endpoint }) => endpoint) });
    const host = this.#client[watcherHost];
    this.tap = new WireTap(host.transport);
    this.watcher = new Watcher({ [watcherHost]: { ...host, transport: this.tap, clock: this.clock, createWindow } });
  }

  static async open(endpoints: readonly string[], options: LaneOptions = {}): Promise<Lane> {
    return new Lane(await Promise.all(endpoints.map((target) => ChaosProxy.start({ target }))), options);
  }

  /** Its line is good from now on. */
  heal(): void {
    for (const proxy of this.proxies) {
      proxy.accept();
      proxy.slow({ bytesPerSecond: Infinity });
      proxy.delayMs = 0;
      proxy.resume();
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}
