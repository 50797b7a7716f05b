import type { Timer } from "../util/clock.ts";
import type { ContextValue } from "./context-value.ts";
import { type StreamFamily, WatchGrpcStream } from "./watch-grpc-stream.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** How many streams with a token of the past to have beside the one that takes new watches: some servers take no more than 250 in all. */
const MAX_REPLACED_STREAMS = 8;

/** How long a watch stays on a stream of its own that was well all the time, after an answer over the receive limit, in ms. */
const ISOLATION_MS = 10_000;

/**
 * The gRPC streams of one watcher: for each context value the one that takes new watches, and others that came to stand beside it, because
 * the server takes no more creates with their token, or because an answer over the receive limit must be tracked down. A stream that
 * stands beside goes back into the other one when its connection breaks; one with a single watch, once that has turned out to be innocent.
 */
export class WatcherStreams implements StreamFamily {
  readonly #host: WatcherHost;
  readonly #shared = new Map<string, WatchGrpcStream>();
  readonly #replaced = new Map<string, Set<WatchGrpcStream>>();
  /** Those of a single watch, with what brings it back. */
  readonly #isolated = new Map<WatchGrpcStream, Timer>();
  readonly #open = new Set<WatchGrpcStream>();

  constructor(host: WatcherHost) {
    this.#host = host;
  }

  /** The stream that new watches of this context value share. */
  shared(context: ContextValue): WatchGrpcStream {
    return this.#shared.get(context.id) ?? this.#share(context);
  }

  /** Those that have not come to their end: of one context value, or all. */
  open(context?: ContextValue): WatchGrpcStream[] {
    return [...this.#open].filter((stream) => context === undefined || stream.context.id === context.id);
  }

  // StreamFamily

  closed(stream: WatchGrpcStream): void {
    const { id } = stream.context;
    if (this.#shared.get(id) === stream) this.#shared.delete(id);
    const replaced = this.#replaced.get(id);
    replaced?.delete(stream);
    if (replaced?.size === 0) this.#replaced.delete(id);
    this.#isolated.get(stream)?.cancel();
    this.#isolated.delete(stream);
    void stream.done.then(() => this.#open.delete(stream));
  }

  isolate({ context }: WatchGrpcStream, watches: readonly WatcherStream[]): void {
    for (const watch of watches) {
      const stream = this.#openStream(context, { fragmentAll: true });
      stream.add(watch);
      this.#bringBack(stream);
    }
  }

  moveToFreshStream(stream: WatchGrpcStream, watches: readonly WatcherStream[]): void {
    const target = this.successorOf(stream) ?? this.#replace(stream);
    for (const watch of watches) target.add(watch);
  }

  successorOf(stream: WatchGrpcStream): WatchGrpcStream | undefined {
    const { id } = stream.context;
    const shared = this.#shared.get(id);
    if (shared === undefined) this.#shared.set(id, stream); // there is none any more: this one takes new watches
    return shared === stream ? undefined : shared;
  }

  #bringBack(stream: WatchGrpcStream): void {
    const timer = this.#host.clock.setTimer(ISOLATION_MS, () => {
      if (!stream.isServingAll) this.#bringBack(stream);
      else if (this.#shared.get(stream.context.id) !== stream) stream.handOver(this.shared(stream.context));
    });
    this.#isolated.set(stream, timer);
  }

  /** The watches of the old one stay where they are until it breaks, or until there are too many such streams. */
  #replace(old: WatchGrpcStream): WatchGrpcStream {
    const { context } = old;
    const stream = this.#share(context);
    const replaced = this.#replaced.get(context.id) ?? new Set();
    this.#replaced.set(context.id, replaced.add(old));
    const [oldest] = replaced;
    if (replaced.size > MAX_REPLACED_STREAMS) oldest?.handOver(stream);
    return stream;
  }

  #share(context: ContextValue): WatchGrpcStream {
    const stream = this.#openStream(context, { fragmentAll: false });
    this.#shared.set(context.id, stream);
    return stream;
  }

  #openStream(context: ContextValue, { fragmentAll }: { fragmentAll: boolean }): WatchGrpcStream {
    const stream = new WatchGrpcStream({ host: this.#host, context, family: this, fragmentAll });
    this.#open.add(stream);
    return stream;
  }
}
