import { ClosedError } from "../errors/etcd-error.ts";
import type { Key } from "../model/key-range.ts";
import type { Metadata } from "../transport/transport.ts";
import { onAbort } from "../util/abort.ts";
import { checkOptions, checkSignal, type OptionKinds } from "../util/option-check.ts";
import { type ContextValue, contextValue } from "./context-value.ts";
import { WatchChannel } from "./watch-channel.ts";
import type { WatchGrpcStream } from "./watch-grpc-stream.ts";
import type { WatchGauges } from "./watch-gauges.ts";
import { type WatchOptions, watchSpec } from "./watch-options.ts";
import { type WatcherClient, type WatcherHost, watcherHost } from "./watcher-host.ts";
import { WatcherStream } from "./watcher-stream.ts";
import { WatcherStreams } from "./watcher-streams.ts";

/** Which stream is meant: that of the watches with the same metadata. */
export interface StreamProgressOptions {
  /** The metadata of those watches. Default: none. */
  readonly metadata?: Metadata;
  /** Their `requireLeader`. Default: the client's. */
  readonly requireLeader?: boolean;
  /** Aborting it ends the wait; its reason is what is thrown. */
  readonly signal?: AbortSignal;
}

const streamProgressKinds: OptionKinds<StreamProgressOptions> = { metadata: "value", requireLeader: "flag", signal: "value" };

/**
 * Watches, and the gRPC streams they share: one for each set of metadata. A client has one as `client.watcher`; another one made of the
 * same client has streams of its own.
 *
 * @example
 * const watcher = new Watcher(client);
 * for await (const response of watcher.watch("config/", { prefix: true })) console.log(response.events.length);
 */
export class Watcher {
  readonly #host: WatcherHost;
  readonly #streams: WatcherStreams;
  #closing: Promise<void> | undefined;

  constructor(client: WatcherClient) {
    this.#host = client[watcherHost];
    this.#streams = new WatcherStreams(this.#host);
    this.#host.watchers.add(this);
  }

  /**
   * Watches a key, a prefix or a range. Returns at once; nothing is thrown later but by the loop.
   * @throws {TypeError} {RangeError} for wrong arguments, before anything is sent
   *
   * @example
   * for await (const response of client.watch("config/", { prefix: true, startRevision: 10n })) {
   *   for (const event of response.events) console.log(event.type, event.kv.keyText, event.kv.valueText);
   * }
   */
  watch<Value = unknown>(key: Key, options: WatchOptions<Value> = {}): WatchChannel<Value> {
    const { namespace, requireLeader, watchBuffer: buffer } = this.#host;
    const spec = watchSpec(key, options, { namespace, buffer });
    const context = contextValue(options.metadata, options.requireLeader ?? requireLeader);
    const watch = new WatcherStream(spec, this.#host);
    if (this.#closing !== undefined) watch.end({ kind: "error", error: new ClosedError("The watcher") });
    else this.#start(watch, context, options.signal);
    return new WatchChannel<Value>(watch, this.#host, options.decode);
  }

  /**
   * clientv3's raw RequestProgress: every watch of that stream gets a progress response, if the server answers. It may not: while one of
   * them is behind, etcd stays silent. Without a watch on the stream there is nothing to ask for. During a reconnect it waits.
   * @throws {TypeError} at once for wrong options; its promise rejects with a `ClosedError` after `close()`, or the signal's reason
   */
  requestProgress(options: StreamProgressOptions = {}): Promise<void> {
    checkOptions(options, streamProgressKinds, "requestProgress");
    const { metadata, requireLeader = this.#host.requireLeader } = options;
    return this.#requestProgress(contextValue(metadata, requireLeader), checkSignal(options.signal));
  }

  /** Ends every watch, quietly, and their streams. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** @internal */
  measure(gauges: WatchGauges): void {
    for (const stream of this.#streams.open()) stream.measure(gauges);
  }

  async #requestProgress(context: ContextValue, signal: AbortSignal | undefined): Promise<void> {
    if (this.#closing !== undefined) throw new ClosedError("The watcher");
    signal?.throwIfAborted();
    await Promise.all(this.#streams.open(context).map((stream) => this.#requestProgressOf(stream, signal)));
  }

  async #requestProgressOf(stream: WatchGrpcStream, signal: AbortSignal | undefined): Promise<void> {
    try {
      await stream.requestProgress("user", signal);
    } catch (error) {
      // Its last watch has left meanwhile: there is nothing to ask for any more.
      if (!stream.isClosed || this.#isClosing() || signal?.aborted === true) throw error;
    }
  }

  #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  async #closeAll(): Promise<void> {
    this.#host.watchers.delete(this);
    const streams = this.#streams.open();
    for (const stream of streams) stream.close({ kind: "quiet", reason: new ClosedError("The watcher") });
    await Promise.all(streams.map(({ done }) => done));
  }

  #start(watch: WatcherStream, context: ContextValue, signal: AbortSignal | undefined): void {
    const unlink = onAbort(signal, (reason) => {
      watch.cancel(reason);
    });
    if (watch.outcome !== undefined) return; // aborted before it began: the server need not know
    watch.onEnd = unlink;
    this.#streams.shared(context).add(watch);
  }
}
