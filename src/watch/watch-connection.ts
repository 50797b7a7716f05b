import { decodeWatchMessage, type WatchMessage } from "../codec/watch-message.ts";
import { isProtocolError, isRpcError, ProtocolError } from "../errors/etcd-error.ts";
import type { Int64 } from "../model/int64.ts";
import type { Clock } from "../util/clock.ts";
import type { DuplexCall } from "../transport/transport.ts";
import { onAbort } from "../util/abort.ts";
import { CancelledIds } from "./cancelled-ids.ts";
import type { ClusterGuard } from "./cluster-guard.ts";
import { cancelError, mayPass, tokenRefusal } from "./cancel-reason.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import type { ConnectionRecord } from "./connection-record.ts";
import { CreateWindow } from "./create-window.ts";
import { FragmentAssembler } from "./fragment-assembler.ts";
import { messageFault } from "./message-fault.ts";
import { ProgressAsks } from "./progress-asks.ts";
import type { RequestWriter } from "./request-writer.ts";
import type { CreateSender, ResumeQueue } from "./resume-queue.ts";
import type { ConnectionHealth } from "./stream-retry.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** One connection of a `WatchGrpcStream` and all that dies with it: ids, open cancels, fragments. A late message meets only this. */
export class WatchConnection implements CreateSender {
  /** Watches that the server has created on this connection. */
  readonly substreams = new Map<Int64, WatcherStream>();
  readonly record: ConnectionRecord;
  readonly #call: DuplexCall;
  readonly #queue: ResumeQueue;
  readonly #owner: ConnectionOwner;
  readonly #fragments: FragmentAssembler;
  readonly #requests: RequestWriter;
  readonly #cancelled = new CancelledIds((watchId) => {
    this.#requests.cancel(watchId);
  });
  #fail: (error: unknown) => void = () => undefined;
  /** The largest id that answered a create. Servers count up, so a cancel of a smaller one that we do not have is of a watch that is over. */
  #largestId: Int64 = -1n;
  readonly #progressAsks = new ProgressAsks();
  readonly #guard: ClusterGuard;
  /** Notices that answer a request come after the events they speak of (etcd-io/etcd#15220). False until that is known. */
  progressIsOrdered = false;
  /** The answer to that question, once somebody has asked it. */
  progressOrder: Promise<boolean> | undefined;
  readonly #creates: CreateWindow;
  readonly #clock: Clock;

  constructor(options: {
    call: DuplexCall;
    queue: ResumeQueue;
    owner: ConnectionOwner;
    requests: RequestWriter;
    record: ConnectionRecord;
    host: Pick<WatcherHost, "clock" | "singleCreates" | "createWindow">;
    guard: ClusterGuard;
    maxRevisionBytes: number;
  }) {
    this.#call = options.call;
    this.#queue = options.queue;
    this.#owner = options.owner;
    const { clock, singleCreates, createWindow: most } = options.host;
    this.#clock = clock;
    this.#guard = options.guard;
    this.record = options.record;
    this.#requests = options.requests;
    const onUnfit = (error: Error): void => {
      singleCreates.add(this.endpoint);
      this.fail(error);
    };
    this.#creates = new CreateWindow({ clock, most, isSingle: singleCreates.has(this.endpoint), onUnfit });
    this.#fragments = new FragmentAssembler(options);
  }

  get endpoint(): string {
    return this.#call.endpoint;
  }

  get health(): ConnectionHealth {
    return this.record.health({ endpoint: this.endpoint, hasToken: this.hasToken, hasFreshToken: this.#call.hasFreshToken ?? false });
  }

  /** The call carries a token that can be had anew. */
  get hasToken(): boolean {
    return this.#call.discardToken !== undefined;
  }

  /** The server does not take the token any more. */
  discardToken(): void {
    this.#call.discardToken?.();
  }

  /** Leaves only by rejecting: a Watch stream has no good end. The call is over then. */
  serve(signal: AbortSignal): Promise<never> {
    let unlink = (): void => undefined;
    return new Promise<never>((_, reject) => {
      // The owner takes the watches back a few microtasks later: what is added until then must not be written to a call that is over.
      const leave = (error: unknown): void => {
        this.#cancelled.close();
        this.#queue.detach();
        reject(error);
      };
      this.#fail = leave;
      unlink = onAbort(signal, leave);
      this.#call.start({
        onMessage: (bytes) => {
          try {
            this.#handle(decodeWatchMessage(bytes));
          } catch (error) {
            leave(error);
            this.#call.cancel();
          }
        },
        onEnd: leave,
      });
      this.#queue.attach(this);
    }).finally(() => {
      unlink();
      this.#creates.close();
      this.#guard.close();
      this.#call.cancel();
    });
  }

  // CreateSender

  get window(): number {
    return this.#creates.size;
  }

  send(watch: WatcherStream): Int64 {
    const watchId = this.#creates.send();
    this.#requests.create(watch, watchId);
    return watchId;
  }

  /** A create was sent and has no answer. */
  get awaitsAnswer(): boolean {
    return this.#queue.hasInFlight;
  }

  /**
   * The connection is of no use any more: `serve()` rejects with this.
   * @param options `elsewhere`: its endpoint is to blame
   */
  fail(error: Error, options?: { readonly elsewhere: boolean }): void {
    this.#cancelled.close();
    this.#call.cancel(options);
    this.#fail(error);
  }

  /** Ends the call at once. The server forgets its watches. */
  reset(): void {
    this.#cancelled.close();
    this.#call.cancel();
  }

  /** The watch is no longer wanted here: the server is told so, once. */
  forget(watch: WatcherStream): void {
    if (this.substreams.get(watch.watchId) !== watch) return;
    this.substreams.delete(watch.watchId);
    this.#fragments.drop(watch.watchId);
    this.#cancelled.cancel(watch.watchId);
  }

  /** @param asker a user sees the answer in every loop; what the library asks for itself is seen where `progressNotify` is */
  requestProgress(asker: "user" | "library"): void {
    this.#progressAsks.asked(asker, this.#clock.nowMs());
    this.#requests.progress();
  }

  #handle(message: WatchMessage): void {
    this.record.received(message);
    if (message.created) this.#onCreated(message);
    else if (message.canceled || message.compactRevision !== 0) this.#onCanceled(message);
    else if (message.watchId === -1n && message.lastRevision === 0 && !message.fragment) this.#onBroadcast(message);
    else this.#onEvents(message);
  }

  #onCreated(message: WatchMessage): void {
    const { watchId } = message;
    const refused = message.canceled || message.compactRevision !== 0 || watchId === -1n;
    const isKnown = this.substreams.has(watchId);
    const { oldest } = this.#queue;
    if (oldest === undefined) {
      if (!refused && !isKnown) this.#cancelled.cancelUnknown(watchId); // never asked for; or told twice, which is no matter
      return;
    }
    if (!this.#creates.answered(oldest.watchId, { watchId, isRefusal: refused })) return;
    if (!refused && isKnown) throw new ProtocolError(`Two watches were created with id ${String(watchId)}`);
    if (watchId > this.#largestId) this.#largestId = watchId;
    const watch = this.#queue.answered()?.watch;
    if (!refused) this.record.hasAnswered = true;
    if (refused) this.#endRefused(watch, message);
    else if (watch === undefined)
      this.#cancelled.cancel(watchId); // abandoned while in flight
    else this.#confirm(watch, message);
    this.#queue.next();
  }

  #confirm(watch: WatcherStream, message: WatchMessage): void {
    watch.watchId = message.watchId;
    this.substreams.set(message.watchId, watch);
    this.#progressAsks.confirmed(message.watchId, message.header.revision64);
    if (this.#isBad(watch, message)) return;
    if (watch.next64 === 0 && message.header.revision64 === 0) this.#owner.startUnknown(watch);
    else if (message.lastRevision === 0) watch.onCreated(message);
    else {
      // etcd sends no events with a `created`, but nothing forbids it.
      watch.onCreated({ ...message, events: [], lastRevision: 0 });
      this.#onEvents({ ...message, created: false });
    }
  }

  #onCanceled(message: WatchMessage): void {
    const { watchId } = message;
    const watch = this.substreams.get(watchId);
    if (watch !== undefined) {
      this.substreams.delete(watchId);
      this.#fragments.drop(watchId);
      this.#end(watch, message);
      // After a compaction the id stays registered, and blocks manual progress for the whole stream until it is cancelled.
      if (message.compactRevision !== 0) this.#cancelled.cancel(watchId);
    } else if (this.#cancelled.has(watchId)) {
      if (message.compactRevision === 0) this.#cancelled.answered(watchId); // our cancel, answered
    } else if (this.#queue.oldest !== undefined && (watchId === -1n || watchId > this.#largestId)) {
      // A refusal that no `created` came before: it answers the oldest request. Of a smaller id it is told twice (k3s-io/kine#198).
      if (!this.#creates.answered(this.#queue.oldest.watchId, { watchId, isRefusal: true })) return;
      this.#endRefused(this.#queue.answered()?.watch, message);
      this.#queue.next();
    }
  }

  /** @param watch undefined if the user has left it meanwhile */
  #endRefused(watch: WatcherStream | undefined, message: WatchMessage): void {
    if (message.compactRevision !== 0 && message.watchId !== -1n) this.#cancelled.cancel(message.watchId);
    const refusal = tokenRefusal(message.cancelReason, this);
    if (refusal === undefined) {
      this.record.hasAnswered = true;
      if (watch !== undefined) this.#end(watch, message);
    } else {
      this.discardToken();
      if (watch !== undefined) this.#owner.tokenRefused(watch, refusal);
    }
  }

  #end(watch: WatcherStream, message: WatchMessage): void {
    const { keyText: key, nextRevision: requestedRevision } = watch;
    const error = cancelError({ ...message, requestedRevision, key });
    if (mayPass(error, watch.next64)) this.#owner.refusedForNow(watch, error);
    else this.#owner.ended(watch, { kind: "error", error });
  }

  /** A notice for every watch of the stream that the server had when it made it: others may have to be sent what came before it. */
  #onBroadcast(message: WatchMessage): void {
    if (messageFault(message) !== undefined) return;
    const asked = this.#progressAsks.answered(message.header.revision64, this.#clock.nowMs());
    for (const watch of [...this.substreams.values()]) {
      if (this.#progressAsks.covers(watch.watchId) && !this.#isBad(watch, message))
        this.#deliver(watch, message, this.progressIsOrdered, asked || watch.spec.progressNotify);
    }
  }

  #onEvents(message: WatchMessage): void {
    const watch = this.substreams.get(message.watchId);
    if (watch === undefined) {
      this.#cancelled.cancelUnknown(message.watchId);
      return;
    }
    this.#progressAsks.heardOf(message.watchId);
    if (this.#isBad(watch, message)) return;
    const whole = this.#fragments.isPart(message) ? this.#assemble(watch, message) : message;
    if (whole !== undefined) this.#deliver(watch, whole);
  }

  #assemble(watch: WatcherStream, message: WatchMessage): WatchMessage | undefined {
    try {
      return this.#fragments.push(message, watch.spec);
    } catch (error) {
      if (!isRpcError(error) && !isProtocolError(error)) throw error;
      this.#owner.ended(watch, { kind: "error", error });
      return undefined;
    }
  }

  #deliver(watch: WatcherStream, message: WatchMessage, moves?: boolean, notify?: boolean): void {
    const before = watch.next64;
    watch.receive(message, moves, notify);
    if (watch.next64 !== before) this.record.hasDelivered = true;
    if (watch.isFull) this.#owner.full(watch);
  }

  /** Nonsense, or not of the cluster that the watch has seen before: that ends it. */
  #isBad(watch: WatcherStream, message: WatchMessage): boolean {
    const fault = messageFault(message);
    const error = fault === undefined ? this.#guard.check(watch, message.header) : new ProtocolError(fault);
    if (error !== undefined) this.#owner.ended(watch, { kind: "error", error });
    return error !== undefined;
  }
}
