import { AuthDefinition, ClusterDefinition, KVDefinition, LeaseDefinition, MaintenanceDefinition, WatchDefinition } from "../../gen/rpc.ts";
import type { WatchRequest } from "../../gen/rpc.ts";
import { systemClock } from "../../util/clock.ts";
import { ClusterIdentity } from "../cluster-identity.ts";
import { FaultInjector } from "../faults/fault-injector.ts";
import { ConnectionFaults } from "../faults/connection-faults.ts";
import { ConnectionListener } from "../network/connection-listener.ts";
import { GrpcEndpoint } from "../network/grpc-endpoint.ts";
import type { GrpcService } from "../network/grpc-endpoint.ts";
import { seededRandom } from "../seeded-random.ts";
import { ServerMetrics } from "../server-metrics.ts";
import { CallGate } from "../services/call-gate.ts";
import type { ServiceShape } from "../services/service-definition.ts";
import { offered } from "../services/service-handlers.ts";
import type { DuplexCall, Handlers } from "../services/service-handlers.ts";
import type { TlsOptions } from "../server-options.ts";
import { Inbox } from "./inbox.ts";
import { ScriptedWatchStream } from "./scripted-watch-stream.ts";

/** What a `ScriptedWatchServer` listens on, and answers beside watches. */
export interface ScriptedWatchServerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** With it, the server speaks TLS. */
  readonly tls?: TlsOptions;
  /** Answers to the calls that are no watches. A call without a handler is answered with UNIMPLEMENTED. */
  readonly kv?: Handlers<typeof KVDefinition>;
  /** See `kv`. */
  readonly lease?: Handlers<typeof LeaseDefinition>;
  /** See `kv`. */
  readonly maintenance?: Handlers<typeof MaintenanceDefinition>;
  /** See `kv`. */
  readonly cluster?: Handlers<typeof ClusterDefinition>;
  /** See `kv`. */
  readonly auth?: Handlers<typeof AuthDefinition>;
}

const HOST = "127.0.0.1";
/** Ids are the same each time: a script has no need of chance. */
const SEED = 1;
const LARGEST_REQUEST_BYTES = 2 ** 31;

/**
 * A server that does nothing of itself: the test decides each answer, its order, its ids and the end of each stream.
 *
 * @example
 * await using server = await ScriptedWatchServer.start();
 * await using client = new EtcdClient({ endpoints: server.endpoint });
 * const watch = client.watch("a");
 * const stream = await server.nextStream();
 * const { key } = await stream.nextCreate();
 * console.log(key.toString()); // a
 * stream.send({ created: true, header: { revision: 7n } });
 * console.log(await watch.created); // WatchCreated { revision: 7n }
 */
export class ScriptedWatchServer implements AsyncDisposable {
  /** What a test can do to its connections. */
  readonly faults: ConnectionFaults;
  /** Every stream so far. */
  readonly streams: ScriptedWatchStream[] = [];
  /** What stands in a header unless the test says otherwise. */
  readonly identity = new ClusterIdentity(seededRandom(SEED));
  readonly #options: ScriptedWatchServerOptions;
  readonly #listener: ConnectionListener;
  readonly #gate: CallGate;
  readonly #metrics = new ServerMetrics();
  readonly #inbox = new Inbox<ScriptedWatchStream>("Watch stream");
  readonly #open = new Set<ScriptedWatchStream>();
  #endpoint: GrpcEndpoint | undefined;
  #port: number;

  private constructor(options: ScriptedWatchServerOptions) {
    const injector = new FaultInjector(systemClock);
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#listener = new ConnectionListener((connection) => {
      this.#endpoint?.serve(connection);
    });
    this.#gate = new CallGate({ metrics: this.#metrics, faults: injector, maxRequestBytes: LARGEST_REQUEST_BYTES });
    this.faults = new ConnectionFaults({ listener: this.#listener, injector, clock: systemClock, goAway: () => this.#endpoint?.goAway() });
  }

  /** Resolves once the port is open. */
  static async start(options: ScriptedWatchServerOptions = {}): Promise<ScriptedWatchServer> {
    const server = new ScriptedWatchServer(options);
    await server.restart();
    return server;
  }

  /** The port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** Host and port, as a client's `endpoints` takes it. */
  get endpoint(): string {
    return `${HOST}:${this.#port}`;
  }

  /** Connections that stand now. */
  get connections(): number {
    return this.#listener.connectionCount;
  }

  /** Streams that are not over. */
  get openStreams(): number {
    return this.#open.size;
  }

  /** Calls by the method's name. */
  get requests(): Readonly<Record<string, number>> {
    return this.#metrics.requests;
  }

  /** The next stream that was not taken yet. @throws {Error} if none is opened within five seconds */
  nextStream(timeoutMs?: number): Promise<ScriptedWatchStream> {
    return this.#inbox.take(timeoutMs);
  }

  /** Resets every connection and frees the port. */
  async stop(): Promise<void> {
    this.#gate.shut();
    await this.#listener.close();
    this.#endpoint?.close();
    this.#endpoint = undefined;
  }

  /** Stops if it runs, and starts again on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    this.#endpoint = new GrpcEndpoint(this.#services(), this.#options.tls);
    this.#gate.reopen();
    this.#port = await this.#listener.listen({ host: HOST, port: this.#port });
  }

  /** The same as `stop()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #services(): GrpcService[] {
    const { kv = {}, lease = {}, maintenance = {}, cluster = {}, auth = {} } = this.#options;
    const offer = <D extends ServiceShape>(definition: D, handlers: Handlers<D>): GrpcService => offered(definition, handlers, this.#gate);
    return [
      offer(rawWatchDefinition, { watch: this.#watch }),
      offer(KVDefinition, kv),
      offer(LeaseDefinition, lease),
      offer(MaintenanceDefinition, maintenance),
      offer(ClusterDefinition, cluster),
      offer(AuthDefinition, auth),
    ];
  }

  readonly #watch = (call: DuplexCall<WatchRequest, Uint8Array>): void => {
    const stream: ScriptedWatchStream = new ScriptedWatchStream({
      call,
      header: this.identity.header(0n),
      onEnd: () => {
        this.#open.delete(stream);
      },
    });
    this.#open.add(stream);
    this.streams.push(stream);
    this.#inbox.put(stream);
  };
}

/** Responses are bytes here, so that a test can send what no encoder would write. */
const rawWatchDefinition = {
  ...WatchDefinition,
  methods: {
    watch: {
      ...WatchDefinition.methods.watch,
      responseType: { encode: (bytes: Uint8Array) => ({ finish: () => bytes }), decode: (bytes: Uint8Array) => bytes },
    },
  },
} as const;
