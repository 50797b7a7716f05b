import type { Dice } from "../fuzz/dice.ts";

/** Bytes that mean something where they stand: tags, lengths of 0 and 1, and the ends of varints. */
const TELLING_BYTES = [0, 1, 2, 8, 10, 16, 18, 24, 26, 32, 34, 40, 42, 48, 50, 56, 88, 90, 0x0b, 0x0c, 0x5b, 0x5c, 0x7f, 0x80, 0x81, 0xff];
const LONGEST_NOISE = 60;

/** The message with something wrong in it, or what is left of it. `other` is one that pieces are taken from. */
export function damaged(dice: Dice, bytes: Buffer, other: Buffer): Buffer {
  const at = dice.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + dice.between(1, dice.chance(70) ? 4 : 40));
  const with_ = (piece: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(to)]);
  return dice.weighted<() => Buffer>([
    [5, () => flipped(dice, bytes)],
    [3, () => with_(Buffer.from(dice.list(to - at, () => dice.of(TELLING_BYTES))))],
    [2, () => bytes.subarray(0, at)],
    [2, () => bytes.subarray(at)],
    [2, () => with_(Buffer.alloc(0))],
    [2, () => with_(Buffer.concat([bytes.subarray(at, to), bytes.subarray(at, to)]))],
    [3, () => nudged(dice, bytes)],
    [2, () => with_(piece(dice, other))],
    [1, () => Buffer.concat([bytes.subarray(0, at), other.subarray(dice.below(other.length + 1))])],
    [1, () => Buffer.concat([bytes, other])],
  ])();
}

/** One byte more or less, as of a length or a tag that is off by a little. */
function nudged(dice: Dice, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = dice.below(copy.length);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = byte + dice.of([-8, -2, -1, 1, 2, 8]);
  return copy;
}

function flipped(dice: Dice, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = dice.between(1, 3); count > 0; count--) {
    const at = dice.below(copy.length);
    const byte = copy[at];
    if (byte !== undefined) copy[at] = byte ^ (1 << dice.below(8));
  }
  return copy;
}

function piece(dice: Dice, of: Buffer): Buffer {
  const start = dice.below(of.length + 1);
  return of.subarray(start, start + dice.below(40));
}

/** The message cut at each of its bytes; or with each of them changed in one way, left out, or there twice. */
export function* swept(dice: Dice, bytes: Buffer): Generator<Buffer> {
  const how = dice.of(["cut", "drop", "double", "set", "flip"] as const);
  const byte = dice.of([0, 0x7f, 0x80, 0xff]);
  const bit = 1 << dice.below(8);
  for (let at = 0; at < bytes.length; at++) {
    if (how === "cut") yield bytes.subarray(0, at);
    else if (how === "drop") yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    else if (how === "double") yield Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]);
    else {
      const copy = Buffer.from(bytes);
      copy[at] = how === "set" ? byte : (copy[at] ?? 0) ^ bit;
      yield copy;
    }
  }
}

/** Bytes that were never a message. */
export function noise(dice: Dice): Buffer {
  return Buffer.from(dice.list(dice.below(LONGEST_NOISE), () => (dice.chance(60) ? dice.of(TELLING_BYTES) : dice.below(256))));
}
