import { ClosedError, type EtcdError, isEtcdError, ProtocolError, SlowConsumerError } from "../errors/etcd-error.ts";
import { WatchDefinition } from "../gen/rpc.ts";
import { methodPath } from "../transport/rpc-method.ts";
import { sleep } from "../util/clock.ts";
import type { ContextValue } from "./context-value.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { ResumeQueue } from "./resume-queue.ts";
import { revisionNow } from "./server-queries.ts";
import { StreamProgress } from "./stream-progress.ts";
import { type ConnectionHealth, StreamRetry } from "./stream-retry.ts";
import { type ConnectionOwner, WatchConnection } from "./watch-connection.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream, WatchHome, WatchOutcome, WatchPlace } from "./watcher-stream.ts";

const WATCH_PATH = methodPath(WatchDefinition, WatchDefinition.methods.watch);

/** A connection that lived shorter, and moved no watch on, does not count as healthy. */
const HEALTHY_AFTER_MS = 1_000;

type StreamState =
  | { readonly at: "opening" }
  | { readonly at: "serving"; readonly connection: WatchConnection; readonly sinceMs: number }
  | { readonly at: "backing-off" }
  | { readonly at: "closed" };

export interface WatchGrpcStreamOptions {
  readonly host: WatcherHost;
  readonly context: ContextValue;
  /** Called at once when the stream takes no more watches. */
  readonly onClosed: (stream: WatchGrpcStream) => void;
  /** An answer over the receive limit came, fragments or not, and it may be any of these watches': each gets a stream of its own. */
  readonly isolate: (watches: readonly WatcherStream[]) => void;
  /** This is such a stream of its own. */
  readonly fragmentAll?: boolean;
}

/**
 * One gRPC Watch stream that many watches share, opened again until the last of them has gone.
 *
 *               opened                 broke, retryable
 *   opening ──────────────► serving ───────────────────────┐
 *      ▲                                                   ▼
 *      └──────────────────── delay over ────────────── backing-off
 *
 *   any state ── close(), last watch gone, fatal error ──► closed
 *
 * opening: waits for an endpoint to answer. serving: `connection` is live. backing-off: nothing is open. closed: it holds no watch and
 * takes none. A watch is in exactly one of `#resuming`, the connection's `substreams`, and `#parked`.
 */
export class WatchGrpcStream implements WatchHome, ConnectionOwner {
  /** Settles once the stream is closed and its call is over. Never rejects. */
  readonly done: Promise<void>;
  readonly #options: WatchGrpcStreamOptions;
  readonly #host: WatcherHost;
  readonly #retry: StreamRetry;
  readonly #closing = new AbortController();
  /** Watches that wait for the server to create them. A window at the head is in flight. */
  readonly #resuming = new ResumeQueue();
  /** Watches without a server watch on purpose, until their reader has caught up (or until their start is known). */
  readonly #parked = new Set<WatcherStream>();
  readonly #gate = new ConnectionGate();
  readonly #progress: StreamProgress;
  #fragmentAll: boolean;
  #state: StreamState = { at: "opening" };

  constructor(options: WatchGrpcStreamOptions) {
    this.#options = options;
    this.#host = options.host;
    this.#fragmentAll = options.fragmentAll ?? false;
    this.#retry = new StreamRetry(options.host.backoff);
    this.#progress = new StreamProgress(options.host, this.#gate);
    this.done = this.#run();
  }

  get contextId(): string {
    return this.#options.context.id;
  }

  get isClosed(): boolean {
    return this.#state.at === "closed";
  }

  get size(): number {
    return this.#resuming.size + this.#substreams.size + this.#parked.size;
  }

  get endpoint(): string | undefined {
    return this.#state.at === "serving" ? this.#state.connection.endpoint : undefined;
  }

  add(watch: WatcherStream): void {
    watch.moveTo(this);
    this.#resuming.add(watch);
  }

  leave(watch: WatcherStream): void {
    // The last one takes the stream with it, and the server forgets the watch with the stream: a cancel beside the reset would only race
    // with it (etcd 3.4 then counts the watch off twice).
    if (this.size === 1) this.#shut();
    this.#remove(watch);
  }

  unpark(watch: WatcherStream): void {
    if (this.#parked.delete(watch)) this.#resuming.add(watch);
  }

  placeOf(watch: WatcherStream): WatchPlace {
    if (this.#parked.has(watch)) return "parked";
    return this.#substreams.get(watch.watchId) === watch ? "watching" : "resuming";
  }

  /** Ends every watch and the call. Those who read see a quiet end. */
  close(outcome: WatchOutcome): void {
    if (this.isClosed) return;
    const watches = [...this.#resuming, ...this.#substreams.values(), ...this.#parked];
    this.#shut();
    for (const watch of watches) {
      this.#remove(watch);
      watch.end(outcome);
    }
  }

  requestProgress(asker: "user" | "library", signal: AbortSignal | undefined): Promise<void> {
    return this.#progress.request(asker, signal);
  }

  progressIsOrdered(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#progress.isOrdered(signal);
  }

  // ConnectionOwner

  ended(watch: WatcherStream, outcome: WatchOutcome): void {
    this.#remove(watch);
    watch.end(outcome);
    this.#closeIfEmpty();
  }

  full(watch: WatcherStream): void {
    const { maxBytes: limitBytes, whenFull } = watch.spec;
    if (whenFull === "park") {
      this.#remove(watch);
      this.#parked.add(watch);
      if (watch.parkings++ === 0) this.#host.logger.warn("A watch is parked: its reader is behind", { key: watch.keyText, limitBytes });
    } else {
      watch.end({ kind: "error", error: new SlowConsumerError({ bufferedBytes: watch.bufferedBytes, limitBytes }) });
      this.leave(watch);
    }
  }

  startUnknown(watch: WatcherStream): void {
    this.#remove(watch);
    this.#parked.add(watch);
    void this.#findStart(watch);
  }

  // The loop

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let failure: unknown;
      try {
        this.#state = { at: "opening" };
        const call = await this.#host.transport.duplex(WATCH_PATH, {
          connection: "watches",
          metadata: this.#options.context.metadata,
          signal,
        });
        if (this.isClosed) call.cancel(); // closed in the moment in which it opened
        signal.throwIfAborted();
        const { logger, maxReceiveBytes: maxRevisionBytes } = this.#host;
        const connection = new WatchConnection({
          call,
          queue: this.#resuming,
          owner: this,
          logger,
          fragmentAll: this.#fragmentAll,
          maxRevisionBytes,
        });
        this.#state = { at: "serving", connection, sinceMs: this.#host.clock.nowMs() };
        const served = connection.serve(signal);
        this.#gate.opened(connection);
        await served;
      } catch (error) {
        failure = error;
      }
      if (this.isClosed) return; // there is no failure to report, and no watch left
      const health = this.#leaveConnection();
      const delayMs = this.#afterFailure(failure, health);
      if (delayMs === undefined || this.#closing.signal.aborted) return;
      this.#state = { at: "backing-off" };
      await sleep(delayMs, { signal, clock: this.#host.clock }).catch(() => undefined); // closed meanwhile: the condition sees it
    }
  }

  /** Takes the watches back from a connection that is gone, and tells how it did. */
  #leaveConnection(): ConnectionHealth {
    if (this.#state.at !== "serving") return { healthy: false, answered: false, endpoint: undefined };
    const { connection, sinceMs } = this.#state;
    this.#resuming.takeBack(connection.substreams.values());
    connection.substreams.clear();
    this.#gate.lost();
    const answered = connection.hasAnswered;
    const lived = this.#host.clock.nowMs() - sinceMs >= HEALTHY_AFTER_MS;
    this.#state = { at: "backing-off" };
    return { healthy: answered && (lived || connection.hasDelivered), answered, endpoint: connection.endpoint };
  }

  /** What to do about a failure: the delay before the next try in ms, or undefined once the stream is closed. */
  #afterFailure(failure: unknown, health: ConnectionHealth): number | undefined {
    const { logger, transport } = this.#host;
    const { endpoint } = health;
    const error = toEtcdError(failure);
    const verdict = this.#retry.verdict(error, health, transport.endpoints);
    if (verdict === "end") {
      logger.error("A watch stream has ended for good", { error, endpoint });
      this.close({ kind: "error", error });
      return undefined;
    }
    if (verdict === "too-large" && !this.#askForFragments(error)) return undefined;
    const delayMs = this.#retry.nextDelayMs();
    logger.debug("A watch stream broke; it is opened again", { error, endpoint, delayMs, watches: this.size });
    return delayMs;
  }

  /** An answer was too large to take, and nothing tells whose it was. False if the stream has come to its end over it. */
  #askForFragments(error: EtcdError): boolean {
    if (!this.#fragmentAll && ![...this.#resuming].every(({ spec }) => spec.fragment)) {
      this.#fragmentAll = true;
      return true;
    }
    const watches = [...this.#resuming];
    if (watches.length > 1) {
      for (const watch of watches) this.#resuming.remove(watch);
      this.#options.isolate(watches);
    } else for (const watch of watches) this.ended(watch, { kind: "error", error });
    this.#closeIfEmpty();
    return !this.isClosed;
  }

  async #findStart(watch: WatcherStream): Promise<void> {
    const { signal } = this.#closing;
    const isWanted = (): boolean => this.#parked.has(watch);
    const revision = await revisionNow(this.#host, watch.spec.range, { signal, isWanted });
    if (revision === undefined) return;
    watch.startAfter(revision);
    this.unpark(watch);
  }

  get #substreams(): ReadonlyMap<bigint, WatcherStream> {
    return this.#state.at === "serving" ? this.#state.connection.substreams : NONE;
  }

  #remove(watch: WatcherStream): void {
    this.#resuming.remove(watch);
    this.#parked.delete(watch);
    if (this.#state.at === "serving") this.#state.connection.forget(watch);
  }

  #closeIfEmpty(): void {
    if (this.size === 0) this.#shut();
  }

  #shut(): void {
    if (this.#state.at === "closed") return;
    const state = this.#state;
    this.#state = { at: "closed" };
    this.#options.onClosed(this);
    if (state.at === "serving") state.connection.reset();
    const reason = new ClosedError("The watch stream");
    this.#gate.close(reason);
    this.#closing.abort(reason);
  }
}

const NONE: ReadonlyMap<bigint, WatcherStream> = new Map();

function toEtcdError(failure: unknown): EtcdError {
  return isEtcdError(failure) ? failure : new ProtocolError(`A message could not be handled: ${String(failure)}`, { cause: failure });
}
