import { ClosedError, RpcError } from "../errors/etcd-error.ts";
import { abortable, onAbort } from "../util/abort.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { type Clock, sleep } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import type { ConnectionStates } from "./connection-states.ts";
import type { EndpointList } from "./endpoint-list.ts";
import type { Endpoint } from "./endpoints.ts";
import type { GrpcChannel } from "./grpc-channel.ts";

export interface EndpointPoolOptions {
  /** What the connections are for, as `ConnectionStates` tells them apart. */
  readonly user: string;
  readonly endpoints: EndpointList;
  readonly createChannel: (endpoint: Endpoint) => GrpcChannel;
  readonly states: ConnectionStates;
  /** How long one endpoint may take to answer, at the most, in ms. */
  readonly connectTimeoutMs: number;
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A search for an endpoint that answers, shared by all who wait for one. When nobody waits any more it still finishes with the endpoint
 * that it is at: whoever asks next must not begin with the same hung one again.
 */
interface Search {
  waiting: number;
  /** How long one endpoint may take to answer, in ms. */
  readonly perEndpointMs: number;
}

/** However little time a request has, an endpoint gets this long to answer, in ms. */
const LEAST_CONNECT_MS = 1_000;

/**
 * The connections to a list of endpoints, one each, of which one is in use: the first that answers, and the next one when it fails.
 * Nothing is connected before somebody asks.
 */
export class EndpointPool {
  readonly #options: EndpointPoolOptions;
  readonly #backoff: Backoff;
  readonly #channels = new Map<string, GrpcChannel>();
  /** Why each endpoint failed in the present search. */
  readonly #failures = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #endpoints: EndpointList;
  #endPause: () => void = () => undefined;
  /** All endpoints have failed, and that was said; until one answers. */
  #warned = false;
  #search: { readonly state: Search; readonly found: Promise<GrpcChannel> } | undefined;

  constructor(options: EndpointPoolOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints;
    this.#backoff = new Backoff(options.backoff);
  }

  /**
   * A channel that is connected.
   * @param withinMs how long the caller will wait: enough of it is left for the other endpoints if the first one hangs
   * @throws the signal's reason, or `ClosedError`
   */
  async acquire(signal: AbortSignal, withinMs = Infinity): Promise<GrpcChannel> {
    this.#throwIfClosed();
    signal.throwIfAborted();
    const current = this.#channels.get(this.#endpoints.current.name);
    if (current?.isReady === true) return current;
    const search = (this.#search ??= this.#startSearch(withinMs));
    search.state.waiting++;
    try {
      return await abortable(search.found, signal);
    } finally {
      search.state.waiting--;
    }
  }

  /** A connected channel to this endpoint, whichever is in use. One try. */
  async acquireEndpoint(endpoint: Endpoint, signal: AbortSignal): Promise<GrpcChannel> {
    this.#throwIfClosed();
    const channel = this.#channel(endpoint);
    if (!channel.isReady) await this.#connect(channel, this.#options.connectTimeoutMs, signal);
    return channel;
  }

  /** The list has changed: connections to endpoints that are no longer on it take no new calls. */
  endpointsChanged(): void {
    this.#failures.clear();
    this.#backoff.reset();
    this.#endPause();
    for (const [name, channel] of this.#channels) {
      if (this.#endpoints.has(name)) continue;
      this.#channels.delete(name);
      channel.close();
    }
  }

  /** How many connections are up and take new calls. */
  get openConnections(): number {
    let open = 0;
    for (const channel of this.#channels.values()) if (channel.isReady) open++;
    return open;
  }

  /** What the present search has met so far, for a caller that gives up waiting. */
  unreachable(path: string): RpcError {
    const tried = this.#endpoints.names.map((name) => this.#failures.get(name) ?? `${name}: no connection yet`);
    return new RpcError({ code: "UNAVAILABLE", details: `no endpoint could be reached: ${tried.join("; ")}`, path });
  }

  /** Whether every endpoint has failed since the search began. */
  get allFailed(): boolean {
    return this.#endpoints.names.every((name) => this.#failures.has(name));
  }

  /** Calls back when the search has tried one endpoint more, until the returned function is called. */
  onFailure(callback: () => void): () => void {
    this.#onFailure.add(callback);
    return () => this.#onFailure.delete(callback);
  }
  readonly #onFailure = new Set<() => void>();

  close(): void {
    this.#closing.abort(new ClosedError("The client"));
    for (const channel of this.#channels.values()) {
      if (channel.isReady) channel.close();
      else channel.abandon();
    }
    this.#channels.clear();
  }

  #startSearch(withinMs: number): { readonly state: Search; readonly found: Promise<GrpcChannel> } {
    const { connectTimeoutMs } = this.#options;
    const share = (0.9 * withinMs) / this.#endpoints.names.length;
    const state: Search = { waiting: 0, perEndpointMs: Math.min(connectTimeoutMs, Math.max(LEAST_CONNECT_MS, share)) };
    const found = this.#find(state).finally(() => {
      this.#search = undefined;
    });
    found.catch(() => undefined); // those who wait see it; when the last one left early nobody does
    return { state, found };
  }

  async #find(search: Search): Promise<GrpcChannel> {
    const { signal } = this.#closing;
    this.#failures.clear();
    for (;;) {
      const endpoint = this.#endpoints.current;
      try {
        const channel = this.#channel(endpoint);
        await this.#connect(channel, search.perEndpointMs, signal);
        this.#backoff.reset();
        this.#warned = false;
        return channel;
      } catch (error) {
        signal.throwIfAborted();
        const retryInMs = this.#failed(endpoint, error instanceof Error ? error : new Error(String(error)));
        if (search.waiting > 0) await this.#pause(retryInMs, signal);
        if (search.waiting === 0) throw error;
      }
    }
  }

  /** Ends early when there are other endpoints to try. */
  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const pause = new AbortController();
    const unlink = onAbort(signal, (reason) => {
      pause.abort(reason);
    });
    this.#endPause = () => {
      pause.abort();
    };
    await sleep(delayMs, { signal: pause.signal, clock: this.#options.clock }).catch(() => undefined);
    unlink();
    this.#endPause = () => undefined;
    signal.throwIfAborted();
  }

  /** Goes on to the next endpoint; returns the delay before it is tried, in ms. */
  #failed(endpoint: Endpoint, error: Error): number {
    const { states, user, logger } = this.#options;
    const retryInMs = this.#backoff.nextMs();
    this.#failures.set(endpoint.name, error instanceof RpcError ? error.details : error.message);
    this.#endpoints.moveOn(endpoint);
    states.failed(user, endpoint.name, { error, attempt: this.#backoff.attempt, retryInMs });
    for (const callback of [...this.#onFailure]) callback();
    if (this.allFailed && !this.#warned) {
      this.#warned = true;
      logger.warn("No etcd endpoint can be reached; trying on", { endpoints: [...this.#failures.values()] });
    }
    return retryInMs;
  }

  async #connect(channel: GrpcChannel, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { states, user } = this.#options;
    const { name } = channel.endpoint;
    states.connecting(user, name);
    try {
      await channel.connect({ timeoutMs, signal });
    } catch (error) {
      states.abandoned(signal.aborted ? user : "", name);
      this.#drop(channel);
      throw error;
    }
    this.#throwIfClosed();
    states.connected(user, name);
    channel.onLost(() => {
      if (!this.#closing.signal.aborted) states.lost(user, name);
    });
  }

  #channel(endpoint: Endpoint): GrpcChannel {
    const known = this.#channels.get(endpoint.name);
    if (known !== undefined) return known;
    const channel = this.#options.createChannel(endpoint);
    this.#channels.set(endpoint.name, channel);
    return channel;
  }

  /** A channel that failed to connect tries again in its own time; a new one tries when it is told to. */
  #drop(channel: GrpcChannel): void {
    if (this.#channels.get(channel.endpoint.name) === channel) this.#channels.delete(channel.endpoint.name);
    channel.abandon();
  }

  #throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }
}
