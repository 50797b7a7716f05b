import type { Key } from "../model/key-range.ts";
import type { StateChange } from "../transport/connection-states.ts";
import { AuthTransport } from "../transport/auth-transport.ts";
import { GrpcTransport } from "../transport/grpc-transport.ts";
import { systemClock } from "../util/clock.ts";
import { checkOptions, checkSignal, checkTimeout } from "../util/option-check.ts";
import { identityOf } from "../util/identity.ts";
import { SingleCreates } from "../watch/single-creates.ts";
import type { WatchChannel } from "../watch/watch-channel.ts";
import { WatchCounters } from "../watch/watch-counters.ts";
import type { WatchOptions } from "../watch/watch-options.ts";
import { type WatcherHost, watcherHost } from "../watch/watcher-host.ts";
import { TurnClock } from "../util/turn-clock.ts";
import { UnreadBytes } from "../watch/unread-bytes.ts";
import { Watcher } from "../watch/watcher.ts";
import { Auth } from "./auth.ts";
import { callOptionKinds, type CallOptions } from "./call-options.ts";
import { ClientMetrics } from "./client-metrics.ts";
import { type ClientOptions, clientSettings } from "./client-options.ts";
import { Cluster } from "./cluster.ts";
import { Kv } from "./kv.ts";
import { Lease } from "./lease.ts";
import { Maintenance } from "./maintenance.ts";
import { areSameEndpoints, memberEndpoints } from "./member-endpoints.ts";
import { RequestWindow } from "./request-window.ts";

/**
 * A client of an etcd cluster. Connects when something is asked of it, and again whenever the connection is lost.
 *
 * @example
 * const client = new EtcdClient({ endpoints: ["127.0.0.1:2379"] });
 * await client.kv.put("config/colour", "blue");
 * await client.close();
 */
export class EtcdClient implements AsyncDisposable {
  /** Keys and values: get, put, delete, txn, compact. */
  readonly kv: Kv;
  /** Leases: grant, revoke, keep alive. */
  readonly lease: Lease;
  /** How members are. */
  readonly maintenance: Maintenance;
  /** Who the members are. */
  readonly cluster: Cluster;
  /** Users, roles and permissions. */
  readonly auth: Auth;
  /** The watcher behind `watch()`. */
  readonly watcher: Watcher;
  /**
   * What `new Watcher(client)` takes. Not marked as internal: the declarations would be without it, and no client would fit.
   * @hidden
   */
  readonly [watcherHost]: WatcherHost;
  readonly #transport: GrpcTransport;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(options: ClientOptions) {
    const settings = clientSettings(options);
    const { auth, namespace, requireLeader, watchBuffer, backoff, maxReceiveBytes, requestTimeoutMs, logger } = settings;
    const clientId = identityOf(this);
    const turnClock = new TurnClock(systemClock);
    this.#transport = new GrpcTransport({ ...settings, clientId });
    const transport =
      auth === undefined ? this.#transport : new AuthTransport(this.#transport, { auth, requestTimeoutMs, backoff, clock: systemClock });
    const requests = new RequestWindow(transport);
    this.kv = new Kv(requests, { requestTimeoutMs, namespace });
    this.lease = new Lease({ transport: requests, namespace, requestTimeoutMs, backoff, logger, clock: systemClock });
    this.maintenance = new Maintenance(requests, { requestTimeoutMs });
    this.cluster = new Cluster(requests, { requestTimeoutMs });
    this.auth = new Auth(requests, { requestTimeoutMs });
    this[watcherHost] = {
      clientId,
      transport,
      namespace,
      requireLeader,
      watchBuffer,
      backoff,
      maxReceiveBytes,
      requestTimeoutMs,
      logger,
      clock: systemClock,
      turnClock,
      counters: new WatchCounters(turnClock),
      unread: new UnreadBytes(watchBuffer.maxTotalBytes),
      singleCreates: new SingleCreates(systemClock),
      watchers: new Set(),
    };
    this.watcher = new Watcher(this);
  }

  /** The endpoints in use. */
  get endpoints(): readonly string[] {
    return this.#transport.endpoints;
  }

  /** What last happened to the connection. */
  get state(): StateChange {
    return this.#transport.states.latest;
  }

  /** The same as `client.watcher.watch(key, options)`. */
  watch<Value = unknown>(key: Key, options?: WatchOptions<Value>): WatchChannel<Value> {
    return this.watcher.watch(key, options);
  }

  /**
   * Resolves when an endpoint has answered. Nothing needs it, but a wrong port should not be a silent wait.
   * Without `timeoutMs` it gives up once every endpoint was tried.
   * @throws {RpcError} UNAVAILABLE, which names each endpoint and why it failed; the signal's reason; `ClosedError`
   */
  ready(options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<void> {
    checkOptions(options, callOptionKinds, "ready");
    const { signal, timeoutMs } = options;
    return this.#transport.ready({
      signal: checkSignal(signal),
      timeoutMs: timeoutMs === undefined ? undefined : checkTimeout(timeoutMs, "timeoutMs"),
    });
  }

  /**
   * What happens to the connections, one sequence for each endpoint: one cut is one "disconnected". Ends when the client is closed
   * or the signal aborted.
   */
  stateChanges(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<StateChange> {
    checkOptions(options, { signal: "value" }, "stateChanges");
    return this.#transport.states.changes({ signal: checkSignal(options.signal) });
  }

  /**
   * How the client and its watches are doing: counts since it was made, and how things are now. See docs/observability.md.
   * @example
   * console.log(JSON.stringify(client.metrics()));
   */
  metrics(): ClientMetrics {
    return new ClientMetrics(this[watcherHost], this.#transport.openConnections);
  }

  /**
   * Uses other endpoints from now on. Streams that are open stay where they are until they break.
   * @throws {TypeError} if there is none, or one is malformed
   */
  setEndpoints(endpoints: string | readonly string[]): void {
    this.#transport.setEndpoints(endpoints);
  }

  /**
   * Uses the endpoints that the cluster's members advertise to clients from now on, and returns them. Learners and members that have not
   * started are left out. If nothing usable comes back, or nothing new, everything stays as it is.
   * @throws {RpcError} if no endpoint answers; the signal's reason
   * @example
   * console.log(`the cluster is at ${(await client.syncEndpoints()).join(", ")}`);
   */
  syncEndpoints(options: CallOptions = {}): Promise<readonly string[]> {
    checkOptions(options, callOptionKinds, "syncEndpoints");
    return this.cluster.memberList(options).then(({ members }) => {
      const endpoints = memberEndpoints(members);
      if (endpoints.length > 0 && !areSameEndpoints(endpoints, this.endpoints)) this.setEndpoints(endpoints);
      return this.endpoints;
    });
  }

  /** Ends every watch and keep-alive quietly and closes every connection. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const watchers = [...this[watcherHost].watchers].map((watcher) => watcher.close());
    const keepAlive = this.lease.close();
    this.#transport.close();
    await Promise.all([...watchers, keepAlive]);
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
