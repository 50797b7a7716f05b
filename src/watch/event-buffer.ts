import type { Revision } from "../model/revision.ts";
import { Deque } from "../util/deque.ts";
import type { WatchResponse } from "./watch-response.ts";

export interface BufferedResponse {
  readonly response: WatchResponse;
  readonly byteLength: number;
  /** From where a watch would have to go on that has seen this response and all before it. */
  readonly nextRevision: Revision;
}

/** What a watch has received and its reader has not taken. Counts bytes; what to do when they are too many is its owner's to say. */
export class EventBuffer {
  readonly #responses = new Deque<BufferedResponse>();
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  get size(): number {
    return this.#responses.size;
  }

  push(buffered: BufferedResponse): void {
    this.#responses.push(buffered);
    this.#byteLength += buffered.byteLength;
  }

  shift(): BufferedResponse | undefined {
    const buffered = this.#responses.shift();
    if (buffered !== undefined) this.#byteLength -= buffered.byteLength;
    return buffered;
  }

  clear(): void {
    this.#responses.clear();
    this.#byteLength = 0;
  }
}
