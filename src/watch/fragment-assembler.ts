import type { WatchMessage } from "../codec/watch-message.ts";
import { ProtocolError, RpcError } from "../errors/etcd-error.ts";
import type { Int64 } from "../model/int64.ts";
import type { WatchEvent } from "../model/watch-event.ts";

interface Part {
  readonly events: WatchEvent[];
  byteLength: number;
}

/**
 * Puts the pieces of split answers together, for each watch by itself, so that a piece of one never meets another's. It belongs to one
 * connection and dies with it: a watch that is created again gets the whole answer anew.
 */
export class FragmentAssembler {
  readonly #parts = new Map<Int64, Part>();
  readonly #maxRevisionBytes: number;

  /** @param maxRevisionBytes how much of one revision to hold at the most; a revision is never handed over torn */
  constructor({ maxRevisionBytes }: { maxRevisionBytes: number }) {
    this.#maxRevisionBytes = maxRevisionBytes;
  }

  /** Bytes held for answers that are not complete. */
  get heldBytes(): number {
    let bytes = 0;
    for (const part of this.#parts.values()) bytes += part.byteLength;
    return bytes;
  }

  /** Whether there is anything to put together. Of all but a few messages there is not. */
  isPart({ fragment, watchId }: WatchMessage): boolean {
    return fragment || (this.#parts.size > 0 && this.#parts.has(watchId));
  }

  /**
   * The message that can be handed on, if there is one: a whole answer, or, once more than `maxBytes` are held, its whole revisions so far.
   * @throws {RpcError} RESOURCE_EXHAUSTED if one revision alone is larger than the limit; {ProtocolError} if a piece goes back
   */
  push(message: WatchMessage, { maxBytes }: { maxBytes: number }): WatchMessage | undefined {
    const part = this.#parts.get(message.watchId);
    if (part === undefined && !message.fragment) return message;
    if (part !== undefined && message.lastRevision === 0 && !message.fragment) return undefined; // a notice between two pieces is ahead of them
    const { events, byteLength } = part ?? { events: [], byteLength: 0 };
    const [first] = message.events;
    const last = events.at(-1);
    // A piece may be of no event but such as we do not know; its last revision is all that is left of them.
    const begins = first?.kv.modRevision64 ?? message.lastRevision;
    if (begins !== 0 && last !== undefined && begins < last.kv.modRevision64)
      throw new ProtocolError(`A piece of a watch response begins with revision ${String(begins)}, after ${String(last.kv.modRevision)}`);
    for (const event of message.events) events.push(event);
    const whole = { ...message, fragment: false, events, byteLength: byteLength + message.byteLength };
    if (!message.fragment) {
      this.#parts.delete(message.watchId);
      return whole;
    }
    if (whole.byteLength <= maxBytes) {
      this.#parts.set(message.watchId, { events, byteLength: whole.byteLength });
      return undefined;
    }
    return this.#split(whole);
  }

  /** The watch is gone; so is what was held for it. */
  drop(watchId: Int64): void {
    this.#parts.delete(watchId);
  }

  /** Everything but the last revision is complete: an event of a later one has come. */
  #split(message: WatchMessage): WatchMessage | undefined {
    const { events } = message;
    const lastRevision = message.lastRevision === 0 ? events.at(-1)?.kv.modRevision64 : message.lastRevision; // a piece may be empty
    const tailStart = events.findIndex(({ kv }) => kv.modRevision64 === lastRevision);
    const complete = tailStart === -1 ? events : events.slice(0, tailStart);
    const tail = tailStart === -1 ? [] : events.slice(tailStart);
    const tailBytes = Math.ceil((message.byteLength * tail.length) / Math.max(events.length, 1));
    if (tailBytes > this.#maxRevisionBytes) {
      throw new RpcError({
        code: "RESOURCE_EXHAUSTED",
        details: `Received more than ${String(this.#maxRevisionBytes)} bytes of revision ${String(lastRevision)} in fragments`,
        path: "/etcdserverpb.Watch/Watch",
      });
    }
    this.#parts.set(message.watchId, { events: [...tail], byteLength: tailBytes });
    const last = complete.at(-1);
    return last === undefined
      ? undefined
      : { ...message, events: complete, lastRevision: last.kv.modRevision64, byteLength: message.byteLength - tailBytes };
  }
}
