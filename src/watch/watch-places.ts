import type { Int64 } from "../model/int64.ts";
import { ResumeQueue } from "./resume-queue.ts";
import type { WatchConnection } from "./watch-connection.ts";
import type { WatchPlace } from "./watch-home.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** Where the watches of one stream are. Each is in exactly one of `resuming`, the connection's `substreams`, and `parked`. */
export class WatchPlaces {
  /** Watches that wait for the server to create them. A window at the head is in flight. */
  readonly resuming = new ResumeQueue();
  /** Watches without a server watch on purpose, until their reader has caught up (or until their start is known). */
  readonly parked = new Set<WatcherStream>();
  #connection: WatchConnection | undefined;

  get size(): number {
    return this.resuming.size + this.substreams.size + this.parked.size;
  }

  /** Watches that the server has created on the connection that is open. */
  get substreams(): ReadonlyMap<Int64, WatcherStream> {
    return this.#connection?.substreams ?? NONE;
  }

  *[Symbol.iterator](): IterableIterator<WatcherStream> {
    yield* this.resuming;
    yield* this.substreams.values();
    yield* this.parked;
  }

  placeOf(watch: WatcherStream): WatchPlace {
    if (this.parked.has(watch)) return "parked";
    return this.substreams.get(watch.watchId) === watch ? "watching" : "resuming";
  }

  opened(connection: WatchConnection): void {
    this.#connection = connection;
  }

  /** The connection is gone: what it had waits to be created again. */
  lost(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.resuming.takeBack(connection.substreams.values());
    connection.substreams.clear();
    this.#connection = undefined;
  }

  park(watch: WatcherStream): void {
    this.remove(watch);
    this.parked.add(watch);
  }

  unpark(watch: WatcherStream): void {
    if (this.parked.delete(watch)) this.resuming.add(watch);
  }

  /** The server is told, if it has the watch. */
  remove(watch: WatcherStream): void {
    this.resuming.remove(watch);
    this.parked.delete(watch);
    this.#connection?.forget(watch);
  }
}

const NONE: ReadonlyMap<Int64, WatcherStream> = new Map();
