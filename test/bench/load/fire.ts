import { FRAME_HEADER_BYTES, frameType, MAX_FRAME_BYTES, writeFrameHeader } from "./http2-frames.ts";
import type { Load } from "./load-key.ts";
import { FIRST_REVISION, ResponseTemplate } from "./response-template.ts";

/** So many bytes are put together for one write. */
const BLOCK_BYTES = 64 * 1024;

/**
 * The responses to one watch, sent as fast as they are taken. They lie ready many in a block, each in a frame of its own as etcd sends
 * them; what is left to do for each is to write its revisions over the last ones.
 */
export class Fire {
  readonly watchId: bigint;
  readonly #load: Load & { kind: "fire" };
  readonly #template: ResponseTemplate;
  readonly #block: Buffer;
  readonly #perBlock: number;
  readonly #end: number;
  #revision: number;

  constructor(options: { watchId: bigint; streamId: number; load: Load & { kind: "fire" }; startRevision: number }) {
    const { watchId, streamId, load, startRevision } = options;
    this.watchId = watchId;
    this.#load = load;
    this.#revision = startRevision;
    this.#end = FIRST_REVISION + load.responses * load.eventsPerResponse;
    this.#template = new ResponseTemplate({ watchId, events: load.eventsPerResponse, valueBytes: load.valueBytes });
    const { bytes } = this.#template;
    this.#perBlock = bytes.length > MAX_FRAME_BYTES ? 0 : Math.max(1, Math.floor(BLOCK_BYTES / this.frameBytes));
    this.#block = Buffer.alloc(this.#perBlock * this.frameBytes);
    for (let at = 0; at < this.#block.length; at += this.frameBytes) {
      writeFrameHeader(this.#block, at, { length: bytes.length, type: frameType.data, flags: 0, streamId });
      bytes.copy(this.#block, at + FRAME_HEADER_BYTES);
    }
  }

  get messageBytes(): number {
    return this.#template.bytes.length;
  }

  get frameBytes(): number {
    return FRAME_HEADER_BYTES + this.#template.bytes.length;
  }

  get isOver(): boolean {
    return this.#revision >= this.#end;
  }

  /** Whole responses in frames, in `target`, as many as the windows let; returns how many, 0 if the next one has to be cut into pieces. */
  fill(target: Buffer, windowBytes: number): number {
    const { eventsPerResponse } = this.#load;
    const left = Math.floor((this.#end - this.#revision) / eventsPerResponse);
    const count = Math.min(this.#perBlock, left, Math.floor(windowBytes / this.messageBytes));
    if (count === 0) return 0;
    this.#block.copy(target, 0, 0, count * this.frameBytes);
    for (let index = 0; index < count; index++) {
      this.#template.number(target, index * this.frameBytes + FRAME_HEADER_BYTES, this.#revision);
      this.#revision += eventsPerResponse;
    }
    return count;
  }

  /** The next response by itself. The bytes are good until the one after it is asked for. */
  next(): Buffer {
    const events = Math.min(this.#load.eventsPerResponse, this.#end - this.#revision);
    const whole = events === this.#load.eventsPerResponse;
    const template = whole ? this.#template : new ResponseTemplate({ watchId: this.watchId, events, valueBytes: this.#load.valueBytes });
    template.number(template.bytes, 0, this.#revision);
    this.#revision += events;
    return template.bytes;
  }
}

/** What a block takes at the most. */
export const MAX_BLOCK_BYTES = BLOCK_BYTES + FRAME_HEADER_BYTES;
