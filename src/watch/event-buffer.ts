import type { Int64 } from "../model/int64.ts";
import type { UnreadBytes } from "./unread-bytes.ts";
import type { WatchResponse } from "./watch-response.ts";

/** A response that waits for its reader. */
export class BufferedResponse {
  readonly response: WatchResponse;
  readonly byteLength: number;
  /** From where a watch would have to go on that has seen this response and all before it. */
  readonly next64: Int64;
  /** The one after it in the buffer. */
  following: BufferedResponse | undefined = undefined;

  constructor(response: WatchResponse, byteLength: number, next64: Int64) {
    this.response = response;
    this.byteLength = byteLength;
    this.next64 = next64;
  }
}

/**
 * What a watch has received and its reader has not taken. Counts bytes; what to do when they are too many is its owner's to say. A chain, as
 * most watches are idle and an empty ring for each would be much of what they take.
 */
export class EventBuffer {
  /** Of all watches, until this one has ended: what is left then grows no more, and may never be read. */
  #shared: UnreadBytes | undefined;
  #first: BufferedResponse | undefined;
  #last: BufferedResponse | undefined;
  #size = 0;
  #byteLength = 0;

  constructor(shared?: UnreadBytes) {
    this.#shared = shared;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get size(): number {
    return this.#size;
  }

  push(buffered: BufferedResponse): void {
    if (this.#last === undefined) this.#first = buffered;
    else this.#last.following = buffered;
    this.#last = buffered;
    this.#size++;
    this.#count(buffered.byteLength);
  }

  shift(): BufferedResponse | undefined {
    const buffered = this.#first;
    if (buffered === undefined) return undefined;
    this.#first = buffered.following;
    if (this.#first === undefined) this.#last = undefined;
    buffered.following = undefined; // who keeps this one must not keep those behind it
    this.#size--;
    this.#count(-buffered.byteLength);
    return buffered;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#size = 0;
    this.#count(-this.#byteLength);
  }

  /** Nothing more will come. */
  close(): void {
    this.#shared?.add(-this.#byteLength);
    this.#shared = undefined;
  }

  #count(bytes: number): void {
    this.#byteLength += bytes;
    this.#shared?.add(bytes);
  }
}
