import { closed, listening } from "../network/listening.ts";
import { refuseSocket } from "../network/reset-socket.ts";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { systemClock } from "../../util/clock.ts";
import type { Clock } from "../../util/clock.ts";
import type { Allowance } from "./chaos-lane.ts";
import { ChaosLink } from "./chaos-link.ts";
import type { LinkConditions } from "./link-conditions.ts";

/** What a `ChaosProxy` stands in front of. */
export interface ChaosProxyOptions {
  /** Host and port of the server behind it. */
  readonly target: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** How much later each chunk arrives, in each direction, in ms. Default 0. */
  readonly delayMs?: number;
  /** What its delays are measured by. Default: the system's clock. */
  readonly clock?: Clock;
}

const HOST = "127.0.0.1";

/**
 * A TCP proxy on loopback that breaks what passes through it: for cuts in the middle of a message, stalls, and slow or half-open links.
 *
 * @example
 * await using server = await MockEtcdServer.start();
 * await using proxy = await ChaosProxy.start({ target: server.endpoint });
 * await using client = new EtcdClient({ endpoints: proxy.endpoint });
 * const watch = client.watch("a");
 * await watch.created;
 * proxy.cut();
 * await client.kv.put("a", "1");
 * for await (const event of watch.events()) {
 *   console.log(event.kv.valueText); // 1
 *   break;
 * }
 */
export class ChaosProxy implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #conditions: LinkConditions;
  readonly #links = new Set<ChaosLink>();
  readonly #server: Server;
  #admission: "accept" | "refuse" = "accept";
  readonly #allowance: Allowance = { bytes: Infinity };
  #accepted = 0;
  /** To clients that are gone. */
  #pastBytesToClients = 0;
  #port = 0;

  private constructor({ target, delayMs = 0, clock = systemClock }: ChaosProxyOptions) {
    checkDelay(delayMs);
    this.#target = parseTarget(target);
    this.#conditions = { clock, traffic: "running", delayMs, bytesPerSecond: Infinity };
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (client) => {
      this.#accept(client);
    });
  }

  /** Resolves once the port is open. @throws {TypeError} if `target` is not host:port */
  static async start(options: ChaosProxyOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    proxy.#port = await listening(proxy.#server, { host: HOST, port: options.port ?? 0 });
    return proxy;
  }

  /** The port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** What a client is to connect to. */
  get endpoint(): string {
    return `${HOST}:${this.#port}`;
  }

  /** Connections that stand now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections that were let through since the start. */
  get connectionsAccepted(): number {
    return this.#accepted;
  }

  /** Bytes that have been let through to clients, those that are gone included. */
  get bytesToClients(): number {
    return [...this.#links].reduce((sum, link) => sum + link.bytesToClient, this.#pastBytesToClients);
  }

  /** Resets every connection now, on both sides. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /** Lets this many more bytes through to clients, over all connections together, and cuts every connection after the last of them. */
  cutAfterBytes(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`bytes must be an integer from 0 on, got ${String(bytes)}`);
    this.#allowance.bytes = bytes === 0 ? Infinity : bytes;
    if (bytes === 0) this.cut();
  }

  /** Connections stand, and nothing passes. */
  stall(): void {
    this.#conditions.traffic = "stalled";
  }

  /** What was held back passes now. */
  resume(): void {
    this.#conditions.traffic = "running";
    this.#refresh();
  }

  /** The server loses every connection that stands, and the clients are not told. New connections work. */
  halfOpen(): void {
    for (const link of this.#links) link.abandonServer();
  }

  /** Resets every new connection. Those that stand stay. */
  refuse(): void {
    this.#admission = "refuse";
  }

  /** Takes new connections again, after `refuse()`. */
  accept(): void {
    this.#admission = "accept";
  }

  /** Limits each direction of each connection. Infinity takes the limit away. */
  slow({ bytesPerSecond }: { bytesPerSecond: number }): void {
    if (!(bytesPerSecond > 0)) throw new RangeError(`bytesPerSecond must be above 0, got ${String(bytesPerSecond)}`);
    this.#conditions.bytesPerSecond = bytesPerSecond;
    this.#refresh();
  }

  /**
   * How much later each chunk arrives, in each direction, in ms. May be set at any time.
   * @throws {RangeError} if it is set to less than 0
   */
  get delayMs(): number {
    return this.#conditions.delayMs;
  }

  set delayMs(delayMs: number) {
    checkDelay(delayMs);
    this.#conditions.delayMs = delayMs;
  }

  /** Resets every connection and frees the port. */
  async close(): Promise<void> {
    const gone = closed(this.#server);
    this.cut();
    await gone;
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket): void {
    if (this.#admission === "refuse") {
      refuseSocket(client);
      return;
    }
    this.#accepted++;
    const link = new ChaosLink({
      client,
      target: this.#target,
      conditions: this.#conditions,
      allowanceToClient: this.#allowance,
      onCut: () => {
        this.#allowance.bytes = Infinity;
        for (const each of this.#links) each.cutAfterWriting();
      },
      onClose: () => {
        this.#links.delete(link);
        this.#pastBytesToClients += link.bytesToClient;
      },
    });
    this.#links.add(link);
  }

  #refresh(): void {
    for (const link of this.#links) link.refresh();
  }
}

function checkDelay(delayMs: number): void {
  if (!(delayMs >= 0)) throw new RangeError(`delayMs must be 0 or more, got ${String(delayMs)}`);
}

function parseTarget(target: string): { host: string; port: number } {
  const match = /^(?:[a-z]+:\/\/)?\[?([^\]]+?)\]?:(\d+)$/.exec(target);
  const [, host, port] = match ?? [];
  if (host === undefined || port === undefined) throw new TypeError(`target must be host:port, got ${target}`);
  return { host, port: Number(port) };
}
