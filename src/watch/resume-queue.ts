import type { Int64 } from "../model/int64.ts";
import { Deque } from "../util/deque.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** A request that waits for its answer. Its watch is gone if the user cancelled it meanwhile: the answer still comes. */
export interface InFlight {
  watch: WatcherStream | undefined;
  /** The id that was asked for; 0 for none. */
  readonly watchId: Int64;
}

/** How requests go out on a connection. */
export interface CreateSender {
  /** How many may be in flight. */
  readonly window: number;
  /** Sends a request, and returns the id that it asks for. */
  send(watch: WatcherStream): Int64;
}

/**
 * The watches that wait for the server to create them, in order, with a window of them in flight. etcd answers creates strictly in
 * order, and a refusal carries no id, so an answer belongs to the oldest request that has none.
 */
export class ResumeQueue {
  /** A Set keeps its order and forgets any one in O(1). */
  readonly #waiting = new Set<WatcherStream>();
  readonly #inFlight = new Deque<InFlight>();
  #sender: CreateSender | undefined;

  /** Watches that have not been created: those in flight and those that wait. */
  get size(): number {
    let size = this.#waiting.size;
    for (const { watch } of this.#inFlight) if (watch !== undefined) size++;
    return size;
  }

  *[Symbol.iterator](): IterableIterator<WatcherStream> {
    for (const { watch } of this.#inFlight) if (watch !== undefined) yield watch;
    yield* this.#waiting;
  }

  add(watch: WatcherStream): void {
    this.#waiting.add(watch);
    this.#fill();
  }

  /** Forgets a watch. If it was in flight its answer is still to come. */
  remove(watch: WatcherStream): void {
    if (this.#waiting.delete(watch)) return;
    for (const slot of this.#inFlight) if (slot.watch === watch) slot.watch = undefined;
  }

  /** A connection is open: sends the requests, as many as the window lets. */
  attach(sender: CreateSender): void {
    this.#sender = sender;
    this.#fill();
  }

  /** The connection is over: nothing more is sent. What was in flight stays so until it is taken back. */
  detach(): void {
    this.#sender = undefined;
  }

  /** The oldest request that has no answer. */
  get oldest(): Readonly<InFlight> | undefined {
    return this.#inFlight.peek();
  }

  /** The oldest request has been answered; undefined if none was in flight. */
  answered(): Readonly<InFlight> | undefined {
    return this.#inFlight.shift();
  }

  /** Sends what the window has room for, once an answer has been dealt with. */
  next(): void {
    this.#fill();
  }

  /** A request waits for its answer, be its watch still wanted or not. */
  get hasInFlight(): boolean {
    return this.#inFlight.size > 0;
  }

  /** The connection is gone: its watches and those in flight wait again, in front of those that never had a turn. */
  takeBack(substreams: Iterable<WatcherStream>): void {
    this.#sender = undefined;
    const later = [...this.#waiting];
    this.#waiting.clear();
    for (const watch of substreams) this.#waiting.add(watch);
    for (const { watch } of this.#inFlight) if (watch !== undefined) this.#waiting.add(watch);
    for (const watch of later) this.#waiting.add(watch);
    this.#inFlight.clear();
  }

  #fill(): void {
    while (this.#sender !== undefined && this.#inFlight.size < this.#sender.window) {
      const [watch] = this.#waiting;
      if (watch === undefined) return;
      this.#waiting.delete(watch);
      this.#inFlight.push({ watch, watchId: this.#sender.send(watch) });
    }
  }
}
