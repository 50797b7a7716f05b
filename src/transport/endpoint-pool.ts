import { ClosedError, RpcError } from "../errors/etcd-error.ts";
import { abortable } from "../util/abort.ts";
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
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A search for an endpoint that answers, shared by all who wait for one. Ends when nobody waits any more. */
interface Search {
  readonly found: Promise<GrpcChannel>;
  readonly abandon: AbortController;
  waiting: number;
}

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
  /** All endpoints have failed, and that was said; until one answers. */
  #warned = false;
  #search: Search | undefined;

  constructor(options: EndpointPoolOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints;
    this.#backoff = new Backoff(options.backoff);
  }

  /**
   * A channel that is connected.
   * @throws the signal's reason, or `ClosedError`
   */
  async acquire(signal: AbortSignal): Promise<GrpcChannel> {
    this.#throwIfClosed();
    signal.throwIfAborted();
    const current = this.#channels.get(this.#endpoints.current.name);
    if (current?.isReady === true) return current;
    const search = (this.#search ??= this.#startSearch());
    search.waiting++;
    try {
      return await abortable(search.found, signal);
    } finally {
      search.waiting--;
      if (search.waiting === 0) search.abandon.abort();
    }
  }

  /** A connected channel to this endpoint, whichever is in use. One try. */
  async acquireEndpoint(endpoint: Endpoint, signal: AbortSignal): Promise<GrpcChannel> {
    this.#throwIfClosed();
    const channel = this.#channel(endpoint);
    if (!channel.isReady) await this.#connect(channel, signal);
    return channel;
  }

  /** The list has changed: connections to endpoints that are no longer on it take no new calls. */
  endpointsChanged(): void {
    this.#failures.clear();
    for (const [name, channel] of this.#channels) {
      if (this.#endpoints.has(name)) continue;
      this.#channels.delete(name);
      channel.close();
    }
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
    this.#search?.abandon.abort(new ClosedError("The client"));
    for (const channel of this.#channels.values()) {
      if (channel.isReady) channel.close();
      else channel.abandon();
    }
    this.#channels.clear();
  }

  #startSearch(): Search {
    const abandon = new AbortController();
    const found = this.#find(abandon.signal).finally(() => {
      if (this.#search?.abandon === abandon) this.#search = undefined;
    });
    found.catch(() => undefined); // those who wait see it; when the last one left early nobody does
    abandon.signal.addEventListener("abort", () => {
      if (this.#search?.abandon === abandon) this.#search = undefined;
    });
    return { found, abandon, waiting: 0 };
  }

  async #find(signal: AbortSignal): Promise<GrpcChannel> {
    const { clock, states, user, logger } = this.#options;
    this.#failures.clear();
    for (;;) {
      const endpoint = this.#endpoints.current;
      const channel = this.#channel(endpoint);
      try {
        await this.#connect(channel, signal);
        this.#backoff.reset();
        this.#warned = false;
        return channel;
      } catch (error) {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error : new Error(String(error));
        const retryInMs = this.#backoff.nextMs();
        this.#failures.set(endpoint.name, error instanceof RpcError ? error.details : reason.message);
        this.#endpoints.moveOn(endpoint);
        states.failed(user, endpoint.name, { error: reason, attempt: this.#backoff.attempt, retryInMs });
        for (const callback of [...this.#onFailure]) callback();
        if (this.allFailed && !this.#warned) {
          this.#warned = true;
          logger.warn("No etcd endpoint can be reached; trying on", { endpoints: [...this.#failures.values()] });
        }
        await sleep(retryInMs, { signal, clock });
      }
    }
  }

  async #connect(channel: GrpcChannel, signal: AbortSignal): Promise<void> {
    const { states, user } = this.#options;
    const { name } = channel.endpoint;
    states.connecting(user, name);
    try {
      await channel.connect(signal);
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
