import { asInt64 } from "../model/int64.ts";
import { KeyValue } from "../model/key-value.ts";

/** Small keys of one list share pieces of memory of this size: a buffer of its own for each costs as much as a key with a short value. */
const PIECE_BYTES = 16 * 1024;
const MOST_SHARED_BYTES = 1024;

/** Bytes for copies, from where they begin. */
interface Room {
  readonly bytes: Buffer;
  readonly start: number;
}

/**
 * A copy with bytes of its own, and none of Node's pool: a piece of that is shared with whatever the program makes at the same time, and
 * a key that stays cached would keep 8 KiB of it.
 */
export function ownCopy(kv: KeyValue): KeyValue {
  return copyTo({ bytes: Buffer.allocUnsafeSlow(sizeOf(kv)), start: 0 }, kv);
}

/**
 * Copies the keys of one list. Pieces that they share live as long as one key does of those that were listed together: at the most that is
 * what the list took once. (Of keys that change one by one it would be more and more, so these are copied by themselves.)
 */
export class ListCopies {
  #piece: Buffer = Buffer.alloc(0);
  #used = 0;

  copy(kv: KeyValue): KeyValue {
    const size = sizeOf(kv);
    if (size > MOST_SHARED_BYTES) return ownCopy(kv);
    if (this.#used + size > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += size;
    return copyTo({ bytes: this.#piece, start }, kv);
  }
}

function sizeOf({ key, value }: KeyValue): number {
  return key.length + value.length;
}

function copyTo({ bytes, start }: Room, { key, value, createRevision, modRevision, version, lease }: KeyValue): KeyValue {
  const valueStart = start + key.length;
  key.copy(bytes, start);
  value.copy(bytes, valueStart);
  const integers = [asInt64(createRevision), asInt64(modRevision), asInt64(version), asInt64(lease)] as const;
  return new KeyValue(bytes, start, valueStart, valueStart, valueStart + value.length, ...integers);
}
