import { Deque } from "../../util/deque.ts";
import type { Change } from "./change.ts";

/** What the watchable store has to say about one watch, or about all of a stream (`watchId` -1). */
export interface WatchMessage {
  readonly watchId: bigint;
  /** None for progress and for a compaction. */
  readonly changes: readonly Change[];
  /** What the header will say. */
  readonly revision: bigint;
  /** Not 0 if the watch ends because what it needs is compacted. */
  readonly compactRevision: bigint;
}

/** Holds as many messages for one stream as etcd does before its watchers become victims. */
const CAPACITY = 128;

/** The bounded queue between the store and one stream. Full is full: whoever offers a message must keep it. */
export class EventChannel {
  readonly #queue = new Deque<WatchMessage>();
  readonly #onMessage: () => void;

  /** `onMessage` is called after each message that found room. */
  constructor(onMessage: () => void) {
    this.#onMessage = onMessage;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Whether there was room. */
  offer(message: WatchMessage): boolean {
    if (this.#queue.size >= CAPACITY) return false;
    this.#queue.push(message);
    this.#onMessage();
    return true;
  }

  take(): WatchMessage | undefined {
    return this.#queue.shift();
  }

  clear(): void {
    this.#queue.clear();
  }
}
