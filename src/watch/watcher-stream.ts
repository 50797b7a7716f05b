import type { WatchMessage } from "../codec/watch-message.ts";
import { ClosedError, type EtcdError } from "../errors/etcd-error.ts";
import type { Revision } from "../model/revision.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import { type BufferedResponse, EventBuffer } from "./event-buffer.ts";
import { nextRevision } from "./next-revision.ts";
import { WatchCreated } from "./watch-created.ts";
import type { WatchSpec } from "./watch-options.ts";
import { WatchResponse } from "./watch-response.ts";

/** How a watch ended. There is one, and it never changes. */
export type WatchOutcome =
  /** The user wanted it: cancel, abort, break, close. `reason` is for `created`. */
  { readonly kind: "quiet"; readonly reason: Error } | { readonly kind: "error"; readonly error: EtcdError };

/** Where a watch is: not a state of its own, but the container that holds it. */
export type WatchPlace = "resuming" | "watching" | "parked";

/** What a watch asks of the stream that holds it. */
export interface WatchHome {
  /** The user has ended the watch. */
  leave(watch: WatcherStream): void;
  /** The reader of a parked watch has caught up. */
  unpark(watch: WatcherStream): void;
  placeOf(watch: WatcherStream): WatchPlace;
  /** The endpoint that serves it now. */
  readonly endpoint: string | undefined;
  /** Whether the server that serves it sends requested progress notices after the events they speak of. */
  progressIsOrdered(signal: AbortSignal): Promise<boolean>;
  /** Asks the server for a progress notice to every watch that it shares a stream with. */
  requestProgress(asker: "user" | "library", signal: AbortSignal): Promise<void>;
}

/** etcd catches a watch up by so many revisions at a time (mvcc: watchBatchMaxRevs). An answer with fewer events is the last of them. */
const CATCH_UP_REVISIONS = 1_000;

/** Settles once all up to a revision has been received. */
interface Waiter {
  readonly revision: Revision;
  readonly settle: (error?: Error) => void;
}

/**
 * One watch of a user, over as many server watches as it takes. What it has received and from where it goes on is here; where it is
 * (resuming, among a connection's substreams, parked) is for its stream to know.
 */
export class WatcherStream {
  readonly spec: WatchSpec;
  readonly #buffer = new EventBuffer();
  readonly #created = deferred<WatchCreated>();
  readonly #waiters = new Set<Waiter>();
  #home: WatchHome | undefined;
  #nextRevision: Revision;
  #takenRevision: Revision;
  #latestRevision: Revision = 0n;
  #clusterId = 0n;
  #createdRevision: Revision | undefined;
  /** What `startAfter` was told; 0 without. */
  #startedAfter: Revision = 0n;
  #outcome: WatchOutcome | undefined;
  #lastResponseAtMs: number | undefined;
  readonly #clock: Clock;
  /** What the clock lacks to be the time of day. */
  readonly #epochMs: number;
  /** More of a catch-up is to come than what was received. */
  #isCatchingUp = false;
  /** Server watch id on the present connection; its place says whether it has one. */
  watchId = -1n;
  /** The reader is in the middle of a response. */
  #inHand = false;
  #isLeft = false;
  /** How often it was parked. */
  parkings = 0;
  /** Called when there is something to take, or the watch has ended. */
  onReadable: () => void = () => undefined;
  /** Called when the watch has ended and nothing is left to be delivered: a signal can stop that no more. May be called again. */
  onEnd: () => void = () => undefined;

  constructor(spec: WatchSpec, clock: Clock = systemClock) {
    this.spec = spec;
    this.#clock = clock;
    this.#epochMs = Date.now() - clock.nowMs();
    this.#nextRevision = spec.startRevision;
    this.#takenRevision = spec.startRevision;
    this.#created.promise.catch(() => undefined); // whoever does not look at it does not want to hear of it
  }

  get created(): Promise<WatchCreated> {
    return this.#created.promise;
  }

  /** From where a reconnect goes on: all before it has been received. */
  get nextRevision(): Revision {
    return this.#nextRevision;
  }

  /** From where a new watch would have to go on: all before it has been taken by the reader. */
  get resumeRevision(): Revision {
    return this.#takenRevision;
  }

  /** The newest store revision that an answer for it spoke of. */
  get latestRevision(): Revision {
    return this.#latestRevision;
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
    return this.#buffer.byteLength;
  }

  get bufferedResponses(): number {
    return this.#buffer.size;
  }

  get lastResponseAtMs(): number | undefined {
    return this.#lastResponseAtMs;
  }

  /** The key, for people. */
  get keyText(): string {
    return this.spec.range.key.toString("utf8");
  }

  get home(): WatchHome | undefined {
    return this.#home;
  }

  /** Revisions between the newest that the server spoke of and what the reader has taken. 0 for a reader that has everything. */
  get lag(): bigint {
    const upToDate = this.#buffer.size === 0 && !this.#inHand && !this.#isCatchingUp && this.#home?.placeOf(this) !== "parked";
    if (upToDate || this.#latestRevision < this.resumeRevision) return 0n;
    return this.#latestRevision + 1n - this.resumeRevision;
  }

  moveTo(home: WatchHome): void {
    this.#home = home;
  }

  /** The server has registered the watch, for the first time or again. */
  onCreated(message: WatchMessage): void {
    this.#advance(message);
    if (this.#createdRevision !== undefined) return;
    this.#createdRevision = message.header.revision === 0n ? this.#startedAfter : message.header.revision;
    if (this.#takenRevision === 0n) this.#takenRevision = this.#nextRevision;
    else this.#isCatchingUp = this.#nextRevision <= message.header.revision;
    if (this.spec.createdNotify) this.#push(new WatchResponse({ header: message.header, events: [], created: true }), message.byteLength);
    this.#created.resolve(new WatchCreated(this.#createdRevision));
  }

  /** "Now" as a revision, from a server whose `created` carries none. */
  startAfter(revision: Revision): void {
    if (this.#nextRevision !== 0n) return;
    this.#startedAfter = revision;
    this.#nextRevision = revision + 1n;
  }

  /**
   * An answer of the server: events, or a progress notice.
   * @param moves whether a notice may be relied on
   * @param notify whether the reader gets to see a notice
   */
  receive(message: WatchMessage, { moves = true, notify = this.spec.progressNotify } = {}): void {
    const from = this.#nextRevision;
    if (moves || message.lastRevision !== 0n) this.#advance(message);
    const { header } = message;
    this.#isCatchingUp = message.events.length >= CATCH_UP_REVISIONS && header.revision > message.lastRevision;
    if (message.events.length > 0) {
      const wanted = notBelow(message.events, from);
      const { namespace } = this.spec;
      const events = namespace === undefined ? wanted : wanted.map((event) => namespace.event(event));
      if (events.length > 0) this.#push(new WatchResponse({ header, events, created: false }), message.byteLength);
    } else if (notify && message.lastRevision === 0n && header.revision !== 0n && header.revision + 1n >= this.#nextRevision) {
      this.#push(new WatchResponse({ header, events: [], created: false }), message.byteLength);
    }
    this.#catchUp();
  }

  /** Ends the watch. What is buffered can still be read, unless the user wanted the end. Only the first call counts. */
  end(outcome: WatchOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (outcome.kind === "quiet") this.#buffer.clear();
    const error = outcome.kind === "quiet" ? outcome.reason : outcome.error;
    this.#created.reject(error);
    for (const waiter of this.#waiters) waiter.settle(error);
    this.#waiters.clear();
    if (this.#buffer.size === 0 && !this.#inHand) this.onEnd();
    this.onReadable();
  }

  /** The user ends it, or has no wish to read on. */
  cancel(reason: Error = new ClosedError("The watch")): void {
    this.#isLeft = true;
    this.#buffer.clear();
    if (this.#outcome !== undefined) {
      this.onEnd();
      return;
    }
    this.end({ kind: "quiet", reason });
    this.#home?.leave(this);
  }

  /** The next response for the reader. It counts as taken once `taken()` is called. */
  take(): BufferedResponse | undefined {
    const buffered = this.#buffer.shift();
    if (buffered === undefined) return undefined;
    this.#inHand = true;
    if (this.#buffer.byteLength <= this.spec.maxBytes / 2 && this.#outcome === undefined && this.#home?.placeOf(this) === "parked") {
      this.#home.unpark(this);
    }
    return buffered;
  }

  /** The reader has been given all before `revision`, and `whole` responses only. */
  taken(revision: Revision, { whole }: { whole: boolean }): void {
    if (revision > this.#takenRevision) this.#takenRevision = revision;
    this.#inHand = !whole;
    if (whole && this.#outcome !== undefined && this.#buffer.size === 0) this.onEnd();
    this.#catchUp();
  }

  /** A reader who has taken all there was has also seen what came without events. What is dropped at the end was never taken. */
  #catchUp(): void {
    if (this.#buffer.size === 0 && !this.#inHand && !this.isLeft) this.#takenRevision = this.#nextRevision;
  }

  /** Calls `settle` once all up to `revision` has been received, or the watch has ended. Returns what takes it back. */
  whenReceived(revision: Revision, settle: (error?: Error) => void): () => void {
    const waiter = { revision, settle };
    if (this.#nextRevision > revision) settle();
    else if (this.#outcome !== undefined) settle(this.#outcome.kind === "quiet" ? this.#outcome.reason : this.#outcome.error);
    else this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  #advance(message: WatchMessage): void {
    const { header, created, canceled, lastRevision } = message;
    this.#lastResponseAtMs = this.#epochMs + this.#clock.nowMs();
    if (header.revision > this.#latestRevision) this.#latestRevision = header.revision;
    if (this.#clusterId === 0n) this.#clusterId = header.clusterId;
    this.#nextRevision = nextRevision(this.#nextRevision, { created, canceled, headerRevision: header.revision, lastRevision });
    for (const waiter of this.#waiters) {
      if (this.#nextRevision <= waiter.revision) continue;
      this.#waiters.delete(waiter);
      waiter.settle();
    }
  }

  #push(response: WatchResponse, byteLength: number): void {
    this.#buffer.push({ response, byteLength, nextRevision: this.#nextRevision });
    this.onReadable();
  }
}

/** A server may send what was not asked for: events at or below "now" (see api.md), or old ones after a restore (etcd-io/etcd#20221). */
function notBelow(events: readonly WatchEvent[], revision: Revision): readonly WatchEvent[] {
  const [first] = events;
  return first === undefined || first.kv.modRevision >= revision ? events : events.filter(({ kv }) => kv.modRevision >= revision);
}
