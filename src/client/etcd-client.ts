import type { Key } from "../model/key-range.ts";
import type { StateChange } from "../transport/connection-states.ts";
import { GrpcTransport } from "../transport/grpc-transport.ts";
import { systemClock } from "../util/clock.ts";
import type { WatchChannel } from "../watch/watch-channel.ts";
import type { WatchOptions } from "../watch/watch-options.ts";
import { type WatcherHost, watcherHost } from "../watch/watcher-host.ts";
import { Watcher } from "../watch/watcher.ts";
import { type ClientOptions, clientSettings } from "./client-options.ts";
import { Kv } from "./kv.ts";
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
  /** The watcher behind `watch()`. */
  readonly watcher: Watcher;
  /** @internal */
  readonly [watcherHost]: WatcherHost;
  readonly #transport: GrpcTransport;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(options: ClientOptions) {
    const settings = clientSettings(options);
    const { requireLeader, watchBuffer, backoff, maxReceiveBytes, requestTimeoutMs, logger } = settings;
    this.#transport = new GrpcTransport(settings);
    this.kv = new Kv(new RequestWindow(this.#transport), { requestTimeoutMs });
    this[watcherHost] = {
      transport: this.#transport,
      requireLeader,
      watchBuffer,
      backoff,
      maxReceiveBytes,
      requestTimeoutMs,
      logger,
      clock: systemClock,
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
    return this.#transport.ready(options);
  }

  /**
   * What happens to the connections, one sequence for each endpoint: one cut is one "disconnected". Ends when the client is closed
   * or the signal aborted.
   */
  stateChanges(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<StateChange> {
    return this.#transport.states.changes(options);
  }

  /**
   * Uses other endpoints from now on. Streams that are open stay where they are until they break.
   * @throws {TypeError} if there is none, or one is malformed
   */
  setEndpoints(endpoints: string | readonly string[]): void {
    this.#transport.setEndpoints(endpoints);
  }

  /** Ends every watch quietly and closes every connection. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const watchers = [...this[watcherHost].watchers].map((watcher) => watcher.close());
    this.#transport.close();
    await Promise.all(watchers);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
