import { AuthDefinition, ClusterDefinition, KVDefinition, LeaseDefinition, MaintenanceDefinition, WatchDefinition } from "../gen/rpc.ts";
import type { WatchResponse } from "../gen/rpc.ts";
import { AuthStore, ROOT } from "./auth/auth-store.ts";
import { Authorizer } from "./auth/authorizer.ts";
import { SimpleTokens } from "./auth/simple-tokens.ts";
import { behaviours } from "./behaviour.ts";
import { ClusterIdentity } from "./cluster-identity.ts";
import { FaultInjector } from "./faults/fault-injector.ts";
import { clusterFaults } from "./faults/cluster-faults.ts";
import { ServerFaults } from "./faults/server-faults.ts";
import { ConnectionListener } from "./network/connection-listener.ts";
import { GrpcEndpoint } from "./network/grpc-endpoint.ts";
import type { GrpcService } from "./network/grpc-endpoint.ts";
import { seededRandom } from "./seeded-random.ts";
import { ServerMetrics } from "./server-metrics.ts";
import type { MetricsSnapshot } from "./server-metrics.ts";
import { serverSettings } from "./server-options.ts";
import type { MockEtcdServerOptions, ServerSettings } from "./server-options.ts";
import type { ServerState } from "./server-state.ts";
import { authService } from "./services/auth-service.ts";
import { CallGate } from "./services/call-gate.ts";
import { clusterService } from "./services/cluster-service.ts";
import { kvService } from "./services/kv-service.ts";
import { leaseService } from "./services/lease-service.ts";
import { maintenanceService } from "./services/maintenance-service.ts";

import type { ServiceShape } from "./services/service-definition.ts";
import { offered } from "./services/service-handlers.ts";
import type { Handlers } from "./services/service-handlers.ts";
import { watchService } from "./services/watch-service.ts";
import type { OpenWatchCall } from "./services/watch-service.ts";
import { LeaseExpiry } from "./store/lease-expiry.ts";
import { Lessor } from "./store/lessor.ts";
import { SyncLoops } from "./store/sync-loops.ts";
import { WatchableStore } from "./store/watchable-store.ts";

/**
 * An etcd of one member in memory, behind a real gRPC port.
 *
 *            start, restart
 *   stopped ───────────────► running
 *      ▲                        │
 *      └──────── stop ──────────┘
 *
 * The data, the ids and the port outlive a stop; connections, streams and watches do not.
 *
 * @example
 * await using server = await MockEtcdServer.start();
 * await using client = new EtcdClient({ endpoints: server.endpoint });
 * await client.kv.put("a", "1");
 * server.faults.dropConnections();
 * const { kvs } = await client.kv.get("a");
 * console.log(kvs[0]?.valueText); // 1
 */
export class MockEtcdServer implements AsyncDisposable {
  /** What ids and jitter were drawn from: give it as an option to have the same again. */
  readonly seed: number;
  /** What a test can break. */
  readonly faults: ServerFaults;
  readonly #settings: ServerSettings;
  readonly #state: ServerState;
  readonly #loops: SyncLoops;
  readonly #listener: ConnectionListener;
  readonly #gate: CallGate;
  readonly #stopFaults: () => void;
  readonly #tokens: SimpleTokens;
  readonly #sessions = new Set<OpenWatchCall>();
  readonly #observers = new Set<(response: WatchResponse) => void>();
  #port: number;
  #endpoint: GrpcEndpoint | undefined;

  private constructor(settings: ServerSettings) {
    const { seed, port, clock, name, limits } = settings;
    const random = seededRandom(seed);
    const behaviour = behaviours[settings.compatibility];
    const leases = new Lessor(random);
    const store = new WatchableStore({ leases, behaviour });
    const identity = new ClusterIdentity(random);
    const metrics = new ServerMetrics();
    const injector = new FaultInjector(clock);
    this.seed = seed;
    this.#settings = settings;
    this.#port = port;
    const tokens = new SimpleTokens({ clock, random, ttlSeconds: settings.authTokenTtlSeconds });
    const auth = new AuthStore(tokens, behaviour);
    if (settings.rootPassword !== undefined) turnOn(auth, settings.rootPassword);
    const authorizer = new Authorizer({ auth, tokens, leases, behaviour });
    const leaseExpiry = new LeaseExpiry(leases, store.mvcc, clock);
    this.#state = {
      store,
      leases,
      leaseExpiry,
      auth,
      authorizer,
      identity,
      behaviour,
      clock,
      random,
      limits,
      metrics,
      name,
      clientUrl: () => this.url,
    };
    this.#tokens = tokens;
    this.#loops = new SyncLoops(store, clock);
    this.#gate = new CallGate({ metrics, faults: injector, maxRequestBytes: limits.maxRequestBytes });
    this.#listener = new ConnectionListener((connection) => {
      this.#endpoint?.serve(connection);
    });
    const connectionFaults = { listener: this.#listener, injector, clock, goAway: () => this.#endpoint?.goAway() };
    const { state, sessions, observers } = { state: this.#state, sessions: this.#sessions, observers: this.#observers };
    const cluster = clusterFaults({ state, injector, listener: this.#listener, sessions, observers });
    this.faults = new ServerFaults(connectionFaults, cluster);
    this.#stopFaults = cluster.stop;
  }

  /** Resolves once the port is open. */
  static async start(options?: MockEtcdServerOptions): Promise<MockEtcdServer> {
    const server = new MockEtcdServer(serverSettings(options));
    await server.#open();
    return server;
  }

  /** The port it listens on; the same after `restart()`. */
  get port(): number {
    return this.#port;
  }

  /** Host and port, as a client's `endpoints` takes it. */
  get endpoint(): string {
    const { host } = this.#settings;
    return `${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  /** As etcd's own `--advertise-client-urls` has it: `http://` or `https://`, host and port. */
  get url(): string {
    return `${this.#settings.tls === undefined ? "http" : "https"}://${this.endpoint}`;
  }

  /** The store's revision now. */
  get revision(): bigint {
    return this.#state.store.mvcc.revision;
  }

  /** What the server has counted. A snapshot. */
  get metrics(): MetricsSnapshot {
    return {
      connections: this.#listener.connectionCount,
      streams: this.#sessions.size,
      watchers: this.#state.store.watcherCount,
      requests: this.#state.metrics.requests,
      connectionsAccepted: this.#listener.acceptedCount,
      bytesReceived: this.#listener.bytesReceived,
      bytesSent: this.#listener.bytesSent,
    };
  }

  /**
   * Forgets what is older than this revision, as etcd's Compact call does.
   * @throws {RefusedError} as the Compact call fails: compacted already, or not there yet
   */
  compact(revision: bigint): void {
    this.#state.store.mvcc.compact(revision);
  }

  /** Resets every connection and frees the port. What is in the store stays for `restart()`. */
  async stop(): Promise<void> {
    this.#gate.shut();
    this.#stopFaults();
    await this.#listener.close();
    this.#endpoint?.close();
    this.#endpoint = undefined;
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
    this.#loops.stop();
    this.#state.leaseExpiry.stop();
  }

  /** Stops if it runs, and starts again on the same port with the same data, one term later. */
  async restart(): Promise<void> {
    await this.stop();
    this.#state.identity.raftTerm++;
    this.#tokens.clear(); // they were in the memory of the process that ended
    this.#state.leases.renewAll(this.#state.clock.nowMs());
    await this.#open();
  }

  /** The same as `stop()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #open(): Promise<void> {
    this.#endpoint = new GrpcEndpoint(this.#services(), this.#settings.tls);
    this.#gate.reopen();
    this.#port = await this.#listener.listen({ host: this.#settings.host, port: this.#port });
    this.#state.leaseExpiry.watch();
  }

  #services(): GrpcService[] {
    const state = this.#state;
    const offer = <D extends ServiceShape>(definition: D, handlers: Handlers<D>): GrpcService => offered(definition, handlers, this.#gate);
    return [
      offer(KVDefinition, kvService(state)),
      offer(WatchDefinition, watchService({ state, gate: this.#gate, sessions: this.#sessions, observers: this.#observers })),
      offer(LeaseDefinition, leaseService(state)),
      offer(AuthDefinition, authService(state)),
      offer(MaintenanceDefinition, maintenanceService(state)),
      offer(ClusterDefinition, clusterService(state)),
    ];
  }
}

/** A root user with the root role, which is what etcd asks for before it turns authentication on. */
function turnOn(auth: AuthStore, rootPassword: string): void {
  auth.addUser(ROOT, rootPassword);
  auth.addRole(ROOT);
  auth.grantRole(ROOT, ROOT);
  auth.enable();
}
