import { ClosedError } from "../errors/etcd-error.ts";
import { type Int64, successor } from "../model/int64.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { Deque } from "../util/deque.ts";
import type { BufferedResponse } from "./event-buffer.ts";
import type { WatcherStream, WatchListener } from "./watcher-stream.ts";
import type { WatchResponse } from "./watch-response.ts";

type Resolve<Item> = (result: IteratorResult<Item, undefined> | Promise<IteratorReturnResult<undefined>>) => void;

export type Decode<Value> = ((kv: KeyValue) => Value) | undefined;

/** Hands what a watch has received to its one reader, who may ask ahead: each `next()` is answered in its turn. */
abstract class WatchReader<Item, Value> implements AsyncIterableIterator<Item>, WatchListener {
  protected readonly watch: WatcherStream;
  readonly #decode: Decode<Value>;
  /** The oldest `next()` that has no answer. */
  #waiting: Resolve<Item> | undefined;
  /** Those behind it, of a reader that asks ahead. */
  #later: Deque<Resolve<Item>> | undefined;
  /** Not made anew for each `next()`. */
  readonly #wait = (resolve: Resolve<Item>): void => {
    this.#waiting = resolve;
  };
  /** The reason of a watch that ended is thrown once; after that the loop is over. */
  #told = false;

  constructor(watch: WatcherStream, decode: Decode<Value>) {
    this.watch = watch;
    this.#decode = decode;
    watch.readBy(this);
  }

  /** The next item, or undefined if there is none yet. */
  protected abstract take(): Item | undefined;

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#waiting !== undefined) {
      return new Promise((resolve) => {
        (this.#later ??= new Deque()).push(resolve);
      });
    }
    const item = this.take();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.watch.outcome !== undefined) return this.#end();
    return new Promise(this.#wait);
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave(new ClosedError("The watch"));
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: Error): Promise<never> {
    this.#leave(error);
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** There is something to take, or the watch has ended. */
  wake(): void {
    for (let resolve = this.#waiting; resolve !== undefined; resolve = this.#waiting) {
      const item = this.take();
      if (resolve !== this.#waiting) return; // a decoder has ended the watch, and who waited was told
      if (item === undefined && this.watch.outcome === undefined) return;
      this.#waiting = this.#later?.shift();
      resolve(item === undefined ? this.#end() : { done: false, value: item });
    }
  }

  abstract handOver(response: WatchResponse): boolean;

  abstract readonly takenInHand: Int64;

  /** Answers the oldest `next()` with an item that was never in the buffer. False if there is none, or a decoder has ended the watch. */
  protected give(item: Item, response: WatchResponse<Value>): boolean {
    const resolve = this.#waiting;
    if (resolve === undefined) return false;
    if (this.#decode !== undefined) {
      decodeAll(response, this.#decode);
      if (resolve !== this.#waiting) return false;
    }
    this.#waiting = this.#later?.shift();
    resolve({ done: false, value: item });
    return true;
  }

  protected takeResponse(): (BufferedResponse & { readonly response: WatchResponse<Value> }) | undefined {
    const buffered = this.watch.take() as (BufferedResponse & { readonly response: WatchResponse<Value> }) | undefined;
    if (buffered === undefined) return undefined;
    if (this.#decode === undefined) return buffered;
    decodeAll(buffered.response, this.#decode);
    return this.watch.isLeft ? undefined : buffered; // a decoder may have cancelled the watch: nothing is delivered after that
  }

  #leave(reason: Error): void {
    this.#told = true;
    this.watch.cancel(reason);
    this.wake();
  }

  #end(): Promise<IteratorReturnResult<undefined>> {
    const { outcome } = this.watch;
    if (this.#told || outcome?.kind !== "error") return Promise.resolve({ done: true, value: undefined });
    this.#told = true;
    return Promise.reject(outcome.error);
  }
}

/** A response at a time. */
export class ResponseReader<Value> extends WatchReader<WatchResponse<Value>, Value> {
  override readonly takenInHand = 0; // a response counts as taken at once

  protected override take(): WatchResponse<Value> | undefined {
    const buffered = this.takeResponse();
    if (buffered === undefined) return undefined;
    this.watch.taken(buffered.next64);
    return buffered.response;
  }

  override handOver(response: WatchResponse): boolean {
    return this.give(response as WatchResponse<Value>, response as WatchResponse<Value>);
  }
}

/** An event at a time. Responses without events are left out. */
export class EventReader<Value> extends WatchReader<WatchEvent<Value>, Value> {
  #events: readonly WatchEvent<Value>[] = NO_EVENTS;
  #index = 0;
  /** Once all of them have been handed over. */
  #next64: Int64 = 0;
  /** How many were looked at for `takenInHand`, and what that has come to. */
  #seen = 0;
  #seen64: Int64 = 0;

  protected override take(): WatchEvent<Value> | undefined {
    if (this.watch.isLeft || (this.#index === this.#events.length && !this.#takeEvents())) return undefined;
    const event = this.#events[this.#index++];
    if (this.#index === this.#events.length) this.#handedOver();
    return event;
  }

  /** Its items are not responses: it takes them from the buffer. */
  override handOver(): boolean {
    return false;
  }

  /** Looked for when it is asked for, from where that was done last: most loops never ask, and none asks for each event. */
  override get takenInHand(): Int64 {
    for (; this.#seen < this.#index; this.#seen++) {
      const revision = this.#events[this.#seen]?.kv.modRevision64 ?? 0;
      if (this.#events[this.#seen + 1]?.kv.modRevision64 !== revision) this.#seen64 = successor(revision);
    }
    return this.#seen64;
  }

  #takeEvents(): boolean {
    for (let buffered = this.takeResponse(); buffered !== undefined; buffered = this.takeResponse()) {
      this.#events = buffered.response.events;
      this.#next64 = buffered.next64;
      if (this.#events.length > 0) return true;
      this.#handedOver(); // a notice: it has no event that would say so
    }
    return false;
  }

  #handedOver(): void {
    this.#events = NO_EVENTS;
    this.#index = this.#seen = this.#seen64 = 0;
    this.watch.taken(this.#next64);
  }
}

const NO_EVENTS: readonly [] = [];

function decodeAll<Value>({ events }: WatchResponse<Value>, decode: (kv: KeyValue) => Value): void {
  for (const event of events) decodeEvent(event, decode);
}

function decodeEvent<Value>(event: WatchEvent<Value>, decode: (kv: KeyValue) => Value): void {
  if (event.type !== "put") return;
  try {
    event.value = decode(event.kv);
  } catch (error) {
    event.decodeError = error;
  }
}
