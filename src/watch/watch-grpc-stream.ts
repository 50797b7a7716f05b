import { ClosedError, type CompactedError, type EtcdError, isRpcError } from "../errors/etcd-error.ts";
import { type RpcError, SlowConsumerError, type WatchCanceledError } from "../errors/etcd-error.ts";
import { isTokenRefusal } from "../transport/auth-token.ts";
import { sleep } from "../util/clock.ts";
import type { ContextValue } from "./context-value.ts";
import { tendConnection } from "./connection-care.ts";
import { ConnectionGate } from "./connection-gate.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { LateCreates } from "./late-creates.ts";
import { openConnection } from "./open-connection.ts";
import { StreamProgress } from "./stream-progress.ts";
import { streamBroke, streamClosed, streamOpened } from "./stream-report.ts";
import { asEtcdError, type ConnectionHealth, NEVER_OPENED, StreamRetry } from "./stream-retry.ts";
import type { WatchConnection } from "./watch-connection.ts";
import type { WatchGauges } from "./watch-gauges.ts";
import { WatchPlaces } from "./watch-places.ts";
import { watchParked } from "./watch-report.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatchOutcome } from "./watch-outcome.ts";
import type { WatchHome, WatchPlace } from "./watch-home.ts";
import type { WatcherStream } from "./watcher-stream.ts";

type StreamState = { readonly at: "serving"; readonly connection: WatchConnection } | { readonly at: "opening" | "backing-off" | "closed" };

/** The streams of one watcher, as far as each of them needs to know the others. */
export interface StreamFamily {
  /** Called at once when a stream takes no more watches. */
  closed(stream: WatchGrpcStream): void;
  /** An answer over the receive limit came, fragments or not, and it may be any of these watches': each gets a stream of its own. */
  isolate(stream: WatchGrpcStream, watches: readonly WatcherStream[]): void;
  /** The server refuses new watches the token of this stream, and it has watches that are well: these are to go to another one. */
  moveToFreshStream(stream: WatchGrpcStream, watches: readonly WatcherStream[]): void;
  /** The stream that new watches of the same context go to, if it is another one. */
  successorOf(stream: WatchGrpcStream): WatchGrpcStream | undefined;
}

export interface WatchGrpcStreamOptions {
  readonly host: WatcherHost;
  readonly context: ContextValue;
  readonly family: StreamFamily;
  /** Ask for fragments from the start: it is of a single watch, which may be the one whose answers are over the receive limit. */
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
 * takes none. Where each watch is, `WatchPlaces` tells. A stream that breaks and has a successor hands its watches over, and is closed.
 */
export class WatchGrpcStream implements WatchHome<WatcherStream>, ConnectionOwner {
  /** Settles once the stream is closed and its call is over. Never rejects. */
  readonly done: Promise<void>;
  readonly context: ContextValue;
  readonly #family: StreamFamily;
  readonly #host: WatcherHost;
  readonly #retry: StreamRetry;
  readonly #closing = new AbortController();
  readonly #places = new WatchPlaces();
  readonly #late: LateCreates;
  readonly #gate = new ConnectionGate();
  readonly #progress: StreamProgress;
  #fragmentAll: boolean;
  #state: StreamState = { at: "opening" };

  constructor(options: WatchGrpcStreamOptions) {
    this.context = options.context;
    this.#family = options.family;
    this.#host = options.host;
    this.#fragmentAll = options.fragmentAll ?? false;
    this.#retry = new StreamRetry(options.host.backoff);
    this.#late = new LateCreates(options.host, this.#places, this.#closing.signal);
    this.#progress = new StreamProgress(options.host, this.#gate);
    this.done = this.#run();
  }

  get isClosed(): boolean {
    return this.#state.at === "closed";
  }

  /** Every watch of it is with the server, or parked. */
  get isServingAll(): boolean {
    return this.#state.at === "serving" && this.#places.resuming.size === 0;
  }

  measure(gauges: WatchGauges): void {
    gauges.addStream(this.#state.at === "serving", this.#places);
  }

  get endpoint(): string | undefined {
    return this.#state.at === "serving" ? this.#state.connection.endpoint : undefined;
  }

  add(watch: WatcherStream): void {
    watch.moveTo(this);
    this.#places.resuming.add(watch);
  }

  leave(watch: WatcherStream): void {
    // The last one takes the stream with it, and the server forgets the watch with the stream: a cancel beside the reset would only race
    // with it (etcd 3.4 then counts the watch off twice).
    if (this.#places.size === 1) this.#shut();
    this.#places.remove(watch);
  }

  unpark(watch: WatcherStream): void {
    this.#late.caughtUp(watch);
  }

  placeOf(watch: WatcherStream): WatchPlace {
    return this.#places.placeOf(watch);
  }

  /** Ends every watch and the call. Those who read see a quiet end. */
  close(outcome: WatchOutcome): void {
    if (this.isClosed) return;
    const watches = [...this.#places];
    this.#shut();
    for (const watch of watches) {
      this.#places.remove(watch);
      watch.end(outcome);
    }
  }

  /** Ends the call, and lets another stream go on with the watches. */
  handOver(successor: WatchGrpcStream): void {
    const watches = [...this.#places];
    const parked = new Set(this.#places.parked);
    this.#shut();
    for (const watch of watches) {
      this.#places.remove(watch);
      successor.#adopt(watch, { parked: parked.has(watch) });
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
    this.#places.remove(watch);
    watch.end(outcome);
    this.#closeIfEmpty();
  }

  full(watch: WatcherStream): void {
    if (watch.spec.whenFull === "park") {
      this.#places.park(watch);
      watchParked(this.#host, watch);
    } else {
      watch.end({ kind: "error", error: new SlowConsumerError(watch) });
      this.leave(watch);
    }
  }

  startUnknown(watch: WatcherStream): void {
    void this.#late.findStart(watch);
  }

  refusedForNow(watch: WatcherStream, error: CompactedError | WatchCanceledError): void {
    if (!this.#late.retry(watch, error)) this.ended(watch, { kind: "error", error });
  }

  tokenRefused(watch: WatcherStream, error: RpcError): void {
    const { resuming, substreams } = this.#places;
    if (substreams.size === 0 && this.#state.at === "serving") {
      resuming.takeBack([watch]);
      this.#state.connection.fail(error);
      return;
    }
    const watches = [watch, ...resuming];
    for (const each of watches) resuming.remove(each);
    this.#family.moveToFreshStream(this, watches);
  }

  // The loop

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let failure: unknown;
      try {
        this.#state = { at: "opening" };
        const connection = await openConnection(this.#host, this.context, {
          queue: this.#places.resuming,
          owner: this,
          fragmentAll: this.#fragmentAll,
          signal,
        });
        if (this.isClosed) connection.reset(); // closed in the moment in which it opened
        signal.throwIfAborted();
        this.#state = { at: "serving", connection };
        this.#places.opened(connection);
        const served = connection.serve(signal);
        this.#gate.opened(connection);
        streamOpened(this.#host, this, connection.endpoint);
        const requestProgress = this.#progress.request.bind(this.#progress, "library");
        await served.finally(tendConnection(this.#host.clock, connection, { silences: this.#retry.silences, requestProgress }));
      } catch (error) {
        failure = error;
        if (this.#state.at === "serving" && isRpcError(error) && isTokenRefusal(error)) this.#state.connection.discardToken();
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
    if (this.#state.at !== "serving") return NEVER_OPENED;
    const { health } = this.#state.connection;
    this.#places.lost();
    this.#gate.lost();
    this.#state = { at: "backing-off" };
    return health;
  }

  /** What to do about a failure: the delay before the next try in ms, or undefined once the stream is closed. */
  #afterFailure(failure: unknown, health: ConnectionHealth): number | undefined {
    const error = asEtcdError(failure);
    const verdict = this.#retry.verdict(error, health, this.#host.transport.endpoints);
    const delayMs = verdict === "end" ? undefined : this.#retry.nextDelayMs();
    streamBroke(this.#host, this, { endpoint: health.endpoint, error, delayMs, watches: this.#places.size });
    if (verdict === "end" || this.isClosed) {
      this.close({ kind: "error", error });
      return undefined;
    }
    if (verdict === "too-large" && !this.#askForFragments(error)) return undefined;
    if (verdict === "retry" && health.healthy) this.#fragmentAll = false; // whatever was too large has been taken
    const successor = verdict === "retry" ? this.#family.successorOf(this) : undefined;
    if (successor !== undefined) {
      this.handOver(successor);
      return undefined;
    }
    return delayMs;
  }

  /** An answer was too large to take, and nothing tells whose it was. False if the stream has come to its end over it. */
  #askForFragments(error: EtcdError): boolean {
    const { resuming } = this.#places;
    const watches = [...resuming];
    if (!this.#fragmentAll && !watches.every(({ spec }) => spec.fragment)) {
      this.#fragmentAll = true;
      return true;
    }
    if (watches.length > 1) {
      for (const watch of watches) resuming.remove(watch);
      this.#family.isolate(this, watches);
    } else for (const watch of watches) this.ended(watch, { kind: "error", error });
    this.#closeIfEmpty();
    return !this.isClosed;
  }

  /** A watch of a stream that is no more. */
  #adopt(watch: WatcherStream, { parked }: { readonly parked: boolean }): void {
    if (parked && watch.isBehind) {
      watch.moveTo(this);
      this.#places.park(watch);
    } else this.add(watch);
  }

  #closeIfEmpty(): void {
    if (this.#places.size === 0) this.#shut();
  }

  #shut(): void {
    if (this.#state.at === "closed") return;
    const state = this.#state;
    this.#state = { at: "closed" };
    this.#family.closed(this);
    if (state.at === "serving") state.connection.reset();
    const reason = new ClosedError("The watch stream");
    this.#gate.close(reason);
    this.#closing.abort(reason);
    streamClosed(this.#host, this);
  }
}
