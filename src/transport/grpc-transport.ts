import type { ChannelOptions } from "@grpc/grpc-js";
import { ClosedError, RpcError } from "../errors/etcd-error.ts";
import { onAbort } from "../util/abort.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { type Clock, sleep, systemClock } from "../util/clock.ts";
import { type Logger, silentLogger } from "../util/logger.ts";
import { GRPC_RECONNECT_BACKOFF_MS } from "./connect-attempt.ts";
import { ConnectionStates } from "./connection-states.ts";
import { channelCredentials, checkTlsOptions, tlsChannelOptions, type TlsOptions } from "./credentials.ts";
import { EndpointList } from "./endpoint-list.ts";
import { EndpointPool } from "./endpoint-pool.ts";
import { parseEndpoint, parseEndpoints } from "./endpoints.ts";
import { GrpcChannel } from "./grpc-channel.ts";
import type { DuplexCall, DuplexCallOptions, Transport, UnaryCallOptions } from "./transport.ts";
import { isRefusedByLearner, mayRetryUnary } from "./unary-retry.ts";

export interface GrpcTransportOptions {
  readonly endpoints: string | readonly string[];
  readonly tls?: TlsOptions | undefined;
  readonly connectTimeoutMs: number;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxReceiveBytes: number;
  readonly backoff?: BackoffOptions;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** How messages for diagnostics channels name the client. */
  readonly clientId?: number;
}

/** HTTP/2's 64 KiB would make a large answer wait for a round trip each 64 KiB: with 1 MiB, 105 KB messages came 1.85 times as fast. */
const FLOW_CONTROL_WINDOW_BYTES = 1024 * 1024;

/**
 * A request that had this long and no answer, in ms, leaves its endpoint for the next one: a member that is cut off from the others answers
 * pings and nothing that the cluster has to agree on.
 */
const SILENT_AFTER_MS = 1_000;

/**
 * `Transport` over @grpc/grpc-js. Watches have connections of their own, so that a large catch-up never holds up a request.
 */
export class GrpcTransport implements Transport {
  readonly states: ConnectionStates;
  readonly #watches: EndpointPool;
  readonly #requests: EndpointPool;
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  readonly #endpoints: EndpointList;
  readonly #closing = new AbortController();

  /** @throws {TypeError} if an endpoint is malformed or the TLS options do not fit together */
  constructor(options: GrpcTransportOptions) {
    const { tls, connectTimeoutMs, backoff = {}, logger = silentLogger, clock = systemClock } = options;
    checkTlsOptions(tls);
    const endpoints = parseEndpoints(options.endpoints);
    this.#endpoints = new EndpointList(endpoints);
    this.#clock = clock;
    this.#backoff = backoff;
    this.states = new ConnectionStates(endpoints[0]?.name ?? "", options.clientId);
    const channelOptions: ChannelOptions = {
      "grpc.keepalive_time_ms": options.keepAliveIntervalMs,
      "grpc.keepalive_timeout_ms": options.keepAliveTimeoutMs,
      "grpc.keepalive_permit_without_calls": 0, // etcd answers pings without calls with too_many_pings
      "grpc.max_receive_message_length": options.maxReceiveBytes,
      "grpc.max_send_message_length": -1,
      "grpc.initial_reconnect_backoff_ms": GRPC_RECONNECT_BACKOFF_MS,
      "grpc.use_local_subchannel_pool": 1, // or the two pools would share one connection
      "grpc.service_config_disable_resolution": 1, // no TXT look-up for each host
      "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW_BYTES,
      ...tlsChannelOptions(tls),
    };
    const pool = (user: string): EndpointPool =>
      new EndpointPool({
        user,
        endpoints: this.#endpoints,
        states: this.states,
        connectTimeoutMs,
        backoff,
        clock,
        logger,
        createChannel: (endpoint) => new GrpcChannel({ endpoint, credentials: channelCredentials(endpoint, tls), channelOptions, clock }),
      });
    this.#watches = pool("watches");
    this.#requests = pool("requests");
  }

  get endpoints(): readonly string[] {
    return this.#endpoints.names;
  }

  /** How many connections are up and take new calls. */
  get openConnections(): number {
    return this.#watches.openConnections + this.#requests.openConnections;
  }

  /**
   * Open streams stay where they are until they break; everything after goes by the new list.
   * @throws {TypeError} if the list is empty or one is malformed; {ClosedError} after `close()`
   */
  setEndpoints(endpoints: string | readonly string[]): void {
    this.#closing.signal.throwIfAborted();
    this.#endpoints.replace(parseEndpoints(endpoints));
    this.#watches.endpointsChanged();
    this.#requests.endpointsChanged();
  }

  /**
   * Resolves when an endpoint has answered; rejects once each of them was tried in vain (or after `timeoutMs`, if that is longer or shorter).
   * @throws {RpcError} UNAVAILABLE, naming each endpoint that was tried and why it failed
   */
  async ready({ signal, timeoutMs }: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined } = {}): Promise<void> {
    const limit = this.#limit(signal, timeoutMs);
    const stopListening =
      timeoutMs === undefined
        ? this.#watches.onFailure(() => {
            if (this.#watches.allFailed) limit.abort();
          })
        : undefined;
    try {
      await this.#watches.acquire(limit.signal, timeoutMs);
    } catch (error) {
      if (limit.reached) throw this.#watches.unreachable("ready");
      throw error;
    } finally {
      stopListening?.();
      limit.end();
    }
  }

  async unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    const { repeatable, timeoutMs } = options;
    const metadata = { ...CLIENT_METADATA, ...options.metadata };
    const endpoint = options.endpoint === undefined ? undefined : parseEndpoint(options.endpoint);
    const untilMs = this.#clock.nowMs() + timeoutMs;
    const limit = this.#limit(options.signal, timeoutMs);
    const backoff = new Backoff(this.#backoff);
    let sent = false;
    let learners = 0;
    try {
      for (;;) {
        const channel = await (endpoint === undefined
          ? this.#requests.acquire(limit.signal, timeoutMs)
          : this.#requests.acquireEndpoint(endpoint, limit.signal));
        try {
          sent = true;
          const leftMs = Math.max(1, untilMs - this.#clock.nowMs());
          return await channel.unary(path, request, { metadata, timeoutMs: leftMs, signal: limit.signal });
        } catch (error) {
          const isLate = limit.reached || (error instanceof RpcError && error.code === "DEADLINE_EXCEEDED");
          if (isLate && timeoutMs >= SILENT_AFTER_MS) this.#endpoints.moveOn(channel.endpoint);
          if (!(error instanceof RpcError)) throw error;
          const isLearner = endpoint === undefined && isRefusedByLearner(error);
          if (error.code === "UNAVAILABLE" || isLearner) this.#endpoints.moveOn(channel.endpoint);
          const mayRetry = isLearner ? ++learners < this.#endpoints.names.length : mayRetryUnary(error, { repeatable });
          const delayMs = isLearner ? 0 : backoff.nextMs();
          if (!mayRetry || this.#clock.nowMs() + delayMs >= untilMs) throw error;
          await sleep(delayMs, { signal: limit.signal, clock: this.#clock });
        }
      }
    } catch (error) {
      if (!limit.reached || error instanceof RpcError) throw error;
      throw sent
        ? new RpcError({ code: "DEADLINE_EXCEEDED", details: `no answer within ${String(timeoutMs)} ms`, path })
        : this.#requests.unreachable(path);
    } finally {
      limit.end();
    }
  }

  async duplex(path: string, { connection, metadata, signal }: DuplexCallOptions): Promise<DuplexCall> {
    const channel = await (connection === "watches" ? this.#watches : this.#requests).acquire(signal);
    const call = channel.duplex(path, { ...CLIENT_METADATA, ...metadata });
    call.onFailed(() => {
      this.#endpoints.moveOn(channel.endpoint);
    });
    return call;
  }

  /** Calls under way reject with `ClosedError`. */
  close(): void {
    this.#closing.abort(new ClosedError("The client"));
    this.#watches.close();
    this.#requests.close();
    this.states.close();
  }

  /** A signal that fires with `signal` or after `timeoutMs`, and tells which. */
  #limit(
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ): { signal: AbortSignal; readonly reached: boolean; abort(): void; end(): void } {
    const controller = new AbortController();
    let reached = false;
    const abort = (): void => {
      reached = true;
      controller.abort();
    };
    const timer = timeoutMs === undefined ? undefined : this.#clock.setTimer(timeoutMs, abort);
    const abortWith = (reason: Error): void => {
      controller.abort(reason);
    };
    const unlink = onAbort(signal, abortWith);
    const unlinkClosing = onAbort(this.#closing.signal, abortWith);
    return {
      signal: controller.signal,
      get reached() {
        return reached;
      },
      abort,
      end: () => {
        timer?.cancel();
        unlink();
        unlinkClosing();
      },
    };
  }
}

/** What clientv3 sends along (ctx.go); the server counts clients by it. */
const CLIENT_METADATA = { "client-api-version": "3.6.14" };
