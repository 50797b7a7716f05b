import type { Int64 } from "../model/int64.ts";
import { Deque } from "../util/deque.ts";

/** A server answers a progress request at once or never: after this time a notice is no answer to it, in ms. */
const ANSWER_WITHIN_MS = 5_000;

/** Why a broadcast may know nothing of a watch that is confirmed. */
interface Doubt {
  /** The store's revision when the server registered the watch. */
  readonly createdRevision: Int64;
  /** Requests from before, each of which may still be answered. */
  asks: number;
}

/**
 * Progress requests that wait for an answer. A server that has a watch behind stays silent, and nothing tells so.
 *
 * A broadcast may be older than a watch that is confirmed: etcd puts it in the queue of events, and a `created` goes by another queue, of
 * which either may be first (v3rpc/watch.go, sendLoop). It speaks for the watch once one of these shows that it was made later: its
 * revision is above that of the `created`; a message of the watch's own came before it, by the same queue; every request from before the
 * `created` has had its answer.
 */
export class ProgressAsks {
  /** Of the user's own requests. */
  readonly #askedAtMs = new Deque<number>();
  readonly #doubts = new Map<Int64, Doubt>();
  /** Requests, the library's too, less broadcasts. */
  #unanswered = 0;

  asked(asker: "user" | "library", nowMs: number): void {
    this.#unanswered++;
    this.#forget(nowMs);
    if (asker === "user") this.#askedAtMs.push(nowMs);
  }

  /** A watch was created, at that revision of the store. */
  confirmed(watchId: Int64, createdRevision: Int64): void {
    if (this.#unanswered > 0) this.#doubts.set(watchId, { createdRevision, asks: this.#unanswered });
  }

  /** A message of the watch's own has come: what is older was before it. */
  heardOf(watchId: Int64): void {
    if (this.#doubts.size > 0) this.#doubts.delete(watchId);
  }

  /** A notice for the whole stream has come: whether the user has asked for it. */
  answered(revision: Int64, nowMs: number): boolean {
    for (const [watchId, doubt] of this.#doubts) {
      if (revision > doubt.createdRevision || doubt.asks === 0) this.#doubts.delete(watchId);
      else doubt.asks--;
    }
    if (this.#unanswered > 0) this.#unanswered--;
    this.#forget(nowMs);
    return this.#askedAtMs.shift() !== undefined;
  }

  /** Whether the broadcast that has just come was made when the server had this watch. */
  covers(watchId: Int64): boolean {
    return !this.#doubts.has(watchId);
  }

  #forget(nowMs: number): void {
    for (let oldest = this.#askedAtMs.peek(); oldest !== undefined && nowMs - oldest > ANSWER_WITHIN_MS; oldest = this.#askedAtMs.peek())
      this.#askedAtMs.shift();
  }
}
