import type { WatchMessage } from "../codec/watch-message.ts";
import { ClosedError } from "../errors/etcd-error.ts";
import { asBigInt, asInt64, type Int64, successor } from "../model/int64.ts";
import type { Revision } from "../model/revision.ts";
import { timeOfDay } from "../util/clock.ts";
import { BufferedResponse, EventBuffer } from "./event-buffer.ts";
import { nextRevision } from "./next-revision.ts";
import { notBelow } from "./not-below.ts";
import { ReceivedWaiters } from "./received-waiters.ts";
import { askedFor, type Creation, settled, WatchCreated } from "./watch-created.ts";
import type { WatchHome } from "./watch-home.ts";
import type { SharedByWatches } from "./shared-by-watches.ts";
import type { WatchSpec } from "./watch-options.ts";
import { reasonOf, type WatchOutcome } from "./watch-outcome.ts";
import { watchCreated, watchEnded, watchUnparked } from "./watch-report.ts";
import { WatchResponse } from "./watch-response.ts";

/** etcd catches a watch up by so many revisions at a time (mvcc: watchBatchMaxRevs). An answer with fewer events is the last of them. */
const CATCH_UP_REVISIONS = 1_000;

/** Who is told when there is something to take, or the watch has ended. */
export interface WatchListener {
  wake(): void;
  /** Takes a response past the buffer, if it waits for one. */
  handOver(response: WatchResponse): boolean;
  /** From where to go on in the middle of a response: all before it has been handed over. 0 if nothing of it has. */
  readonly takenInHand: Int64;
}

const nothing = (): void => undefined;

/**
 * One watch of a user, over as many server watches as it takes. What it has received and from where it goes on is here; where it is
 * (resuming, among a connection's substreams, parked) is for its stream to know. Revisions are held as the decoder makes them.
 */
export class WatcherStream {
  readonly spec: WatchSpec;
  readonly #shared: SharedByWatches;
  /** Most watches are idle, or have a reader who waits: they have none. */
  #buffer: EventBuffer | undefined;
  #creation: Creation;
  #isCreated = false;
  #waiters: ReceivedWaiters | undefined;
  #home: WatchHome<WatcherStream> | undefined;
  #next64: Int64;
  #taken64: Int64;
  #latest64: Int64 = 0;
  #clusterId = 0n;
  /** What `startAfter` was told; 0 without. */
  #startedAfter: Revision = 0n;
  #outcome: WatchOutcome | undefined;
  #lastResponseAtMs: number | undefined;
  /** More of a catch-up is to come than what was received. */
  #isCatchingUp = false;
  /** Server watch id on the present connection; its place says whether it has one. */
  watchId: Int64 = -1n;
  /** The reader is in the middle of a response. */
  #inHand = false;
  #isLeft = false;
  /** How often it was parked. */
  parkings = 0;
  #reader: WatchListener | undefined;
  /** Called when the watch has ended and nothing is left to be delivered: a signal can stop that no more. May be called again. */
  onEnd: () => void = nothing;

  constructor(spec: WatchSpec, shared: SharedByWatches) {
    this.spec = spec;
    this.#shared = shared;
    shared.unread.enter();
    this.#next64 = asInt64(spec.startRevision);
    this.#taken64 = this.#next64;
  }

  get created(): Promise<WatchCreated> {
    const { creation, promise } = askedFor(this.#creation);
    this.#creation = creation;
    return promise;
  }

  /** From where a reconnect goes on: all before it has been received. */
  get nextRevision(): Revision {
    return asBigInt(this.#next64);
  }

  /** The same, as it is held. */
  get next64(): Int64 {
    return this.#next64;
  }

  /** From where a new watch would have to go on: all before it has been taken by the reader. */
  get resumeRevision(): Revision {
    const inHand = this.#inHand ? (this.#reader?.takenInHand ?? 0) : 0;
    return asBigInt(inHand > this.#taken64 ? inHand : this.#taken64);
  }

  /** The newest store revision that an answer for it spoke of. */
  get latestRevision(): Revision {
    return asBigInt(this.#latest64);
  }

  /** The same, as it is held. */
  get latest64(): Int64 {
    return this.#latest64;
  }

  /** The cluster that it is of; 0 until an answer has told. */
  get clusterId(): bigint {
    return this.#clusterId;
  }

  get outcome(): WatchOutcome | undefined {
    return this.#outcome;
  }

  /** The user has ended it, or has left it after it had ended: nothing more is delivered. */
  get isLeft(): boolean {
    return this.#isLeft || this.#outcome?.kind === "quiet";
  }

  get bufferedBytes(): number {
    return this.#buffer?.byteLength ?? 0;
  }

  get bufferedResponses(): number {
    return this.#buffer?.size ?? 0;
  }

  /** What it may hold unread now, in bytes. The ceiling for all watches parks, and ends none. */
  get limitBytes(): number {
    const { maxBytes, whenFull } = this.spec;
    return whenFull === "park" ? this.#shared.unread.limit(maxBytes) : maxBytes;
  }

  /** Its reader has not caught up below half of that. */
  get isBehind(): boolean {
    return this.bufferedBytes > this.limitBytes / 2;
  }

  get isFull(): boolean {
    return this.bufferedBytes > 0 && this.bufferedBytes > this.limitBytes;
  }

  get lastResponseAt(): Date | undefined {
    return this.#lastResponseAtMs === undefined ? undefined : timeOfDay(this.#shared.turnClock.clock, this.#lastResponseAtMs);
  }

  /** The key, for people. */
  get keyText(): string {
    return this.spec.range.key.toString("utf8");
  }

  get home(): WatchHome<WatcherStream> | undefined {
    return this.#home;
  }

  /** Revisions between the newest that the server spoke of and what the reader has taken. 0 for a reader that has everything. */
  get lag(): bigint {
    const upToDate = this.bufferedResponses === 0 && !this.#inHand && !this.#isCatchingUp && this.#home?.placeOf(this) !== "parked";
    if (upToDate || this.latestRevision < this.resumeRevision) return 0n;
    return this.latestRevision + 1n - this.resumeRevision;
  }

  moveTo(home: WatchHome<WatcherStream>): void {
    this.#home = home;
  }

  readBy(reader: WatchListener): void {
    this.#reader = reader;
  }

  /** The server has registered the watch, for the first time or again. */
  onCreated(message: WatchMessage): void {
    this.#advance(message);
    if (this.#isCreated) {
      watchCreated(this.#shared, this, "resumed");
      return;
    }
    this.#isCreated = true;
    const { header } = message;
    const revision = header.revision64 === 0 ? this.#startedAfter : header.revision;
    if (this.#taken64 === 0) this.#taken64 = this.#next64;
    else this.#isCatchingUp = this.#next64 <= header.revision64;
    if (this.spec.createdNotify) this.#push(new WatchResponse(header, [], true), message.byteLength);
    this.#creation = settled(this.#creation, new WatchCreated(revision));
    watchCreated(this.#shared, this, "created");
  }

  /** "Now" as a revision, from a server whose `created` carries none. */
  startAfter(revision: Revision): void {
    if (this.#next64 !== 0) return;
    this.#startedAfter = revision;
    this.#next64 = asInt64(revision + 1n);
  }

  /**
   * An answer of the server: events, or a progress notice.
   * @param moves whether a notice may be relied on
   * @param notify whether the reader gets to see a notice
   */
  receive(message: WatchMessage, moves = true, notify = this.spec.progressNotify): void {
    const from = this.#next64;
    const { header, events, lastRevision } = message;
    if (moves || lastRevision !== 0) this.#advance(message);
    this.#isCatchingUp = events.length >= CATCH_UP_REVISIONS && header.revision64 > lastRevision;
    if (events.length > 0) this.#pushEvents(message, from);
    else if (notify && lastRevision === 0 && header.revision64 !== 0 && successor(header.revision64) >= this.#next64)
      this.#push(new WatchResponse(header, [], false), message.byteLength);
    this.#catchUp();
  }

  /** Ends the watch. What is buffered can still be read, unless the user wanted the end. Only the first call counts. */
  end(outcome: WatchOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (outcome.kind === "quiet") this.#buffer?.clear();
    this.#buffer?.close();
    this.#shared.unread.leave();
    const reason = reasonOf(outcome);
    this.#creation = settled(this.#creation, reason);
    this.#waiters?.end(reason);
    this.#waiters = undefined;
    if (this.isLeft || (this.bufferedResponses === 0 && !this.#inHand)) this.onEnd();
    this.#reader?.wake();
    watchEnded(this.#shared, this, outcome);
  }

  /** The user ends it, or has no wish to read on. */
  cancel(reason: Error = new ClosedError("The watch")): void {
    this.#isLeft = true;
    this.#buffer?.clear();
    if (this.#outcome !== undefined) {
      this.onEnd();
      return;
    }
    this.end({ kind: "quiet", reason });
    this.#home?.leave(this);
  }

  /** The next response for the reader. It counts as taken once `taken()` is called. */
  take(): BufferedResponse | undefined {
    const buffered = this.#buffer?.shift();
    if (buffered === undefined) return undefined;
    this.#inHand = true;
    if (!this.isBehind && this.#outcome === undefined && this.#home?.placeOf(this) === "parked") {
      this.#home.unpark(this);
      watchUnparked(this.#shared, this);
    }
    return buffered;
  }

  /** The reader has been given all before `next64`, and is not in the middle of a response. */
  taken(next64: Int64): void {
    if (next64 > this.#taken64) this.#taken64 = next64;
    this.#inHand = false;
    if (this.#outcome !== undefined && this.bufferedResponses === 0) this.onEnd();
    this.#catchUp();
  }

  /** A reader who has taken all there was has also seen what came without events. What is dropped at the end was never taken. */
  #catchUp(): void {
    if (this.bufferedResponses === 0 && !this.#inHand && !this.isLeft) this.#taken64 = this.#next64;
  }

  /** Calls `settle` once all up to `revision` has been received, or the watch has ended. Returns what takes it back. */
  whenReceived(revision: Revision, settle: (error?: Error) => void): () => void {
    if (this.#next64 > revision) settle();
    else if (this.#outcome !== undefined) settle(reasonOf(this.#outcome));
    else return (this.#waiters ??= new ReceivedWaiters()).add({ revision, settle });
    return nothing;
  }

  #advance(message: WatchMessage): void {
    const { revision64: headerRevision, clusterId } = message.header;
    this.#lastResponseAtMs = this.#shared.turnClock.nowMs();
    // A `created` without ids is made up by a proxy, which puts there what was asked for (grpcproxy/watch_broadcast.go).
    if (headerRevision > this.#latest64 && !(message.created && clusterId === 0n)) this.#latest64 = headerRevision;
    if (this.#clusterId === 0n) this.#clusterId = clusterId;
    this.#next64 = nextRevision(this.#next64, message);
    if (this.#waiters?.received(this.#next64) === true) this.#waiters = undefined;
  }

  #pushEvents({ header, events, byteLength }: WatchMessage, from: Int64): void {
    const wanted = notBelow(events, from);
    const { namespace } = this.spec;
    const own = namespace === undefined ? wanted : wanted.map((event) => namespace.event(event));
    if (own.length > 0) this.#push(new WatchResponse(header, own, false), byteLength);
  }

  #push(response: WatchResponse, byteLength: number): void {
    if (this.bufferedResponses === 0 && this.#reader?.handOver(response) === true) {
      this.#taken64 = this.#next64;
    } else if (this.#outcome === undefined) {
      (this.#buffer ??= new EventBuffer(this.#shared.unread)).push(new BufferedResponse(response, byteLength, this.#next64));
      this.#reader?.wake();
    }
  }
}
