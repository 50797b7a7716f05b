import type { Dice } from "../fuzz/dice.ts";

/** Wire types, as protobuf numbers them. */
const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED_32 = 5;

const MOST_VARINT_BYTES = 10;
const BOUNDARY_BITS = [7, 8, 14, 21, 28, 31, 32, 35, 42, 48, 49, 50, 53, 56, 62, 63];
/** Numbers that a field of ours has in one of the messages, that none has, and the first and the last that there can be. */
const FIELD_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 100, 2_047, 2_048, 2 ** 29 - 1];
const OTHER_ORDER_PERCENT = 10;
/** Beyond this depth of groups the generated codec gives up. */
const DEEP = 150;

/** The tags of integers in a message, and in the one around it. */
export interface VarintTags {
  readonly inner: readonly number[];
  readonly outer: readonly number[];
}

/** A varint, in `length` bytes if that is more than it takes. */
function varint(value: number | bigint, length = 0): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  while (left > 0x7fn || bytes.length < length - 1) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return bytes;
}

/** In how many of a hundred choices a piece has a form that no writer gives it, and a message in a message ends where it should not. */
export interface Oddness {
  readonly percent: number;
  readonly overlapPercent: number;
}

/**
 * Writes the pieces of a protobuf message, in the form that a proper writer gives them or now and then in one that
 * is odd: some still mean the same, some something else, some nothing.
 */
export class OddWire {
  readonly dice: Dice;
  readonly #percent: number;
  readonly #overlapPercent: number;

  constructor(dice: Dice, { percent, overlapPercent }: Oddness) {
    this.dice = dice;
    this.#percent = percent;
    this.#overlapPercent = overlapPercent;
  }

  isOdd(part = 1): boolean {
    return this.#percent > 0 && this.dice.chance(this.#percent * part);
  }

  varintField(number: number, value: number | bigint): number[] {
    return [...this.#tag(number, this.isOdd(0.1) ? this.#wireType() : VARINT), ...this.#varint(value)];
  }

  delimitedField(number: number, payload: readonly number[]): number[] {
    const wireType = this.isOdd(0.1) ? this.#wireType() : DELIMITED;
    return [...this.#tag(number, wireType), ...this.#length(payload.length), ...payload];
  }

  /** A message in a message. */
  messageField(number: number, payload: readonly number[], tags: VarintTags): number[] {
    return this.dice.chance(this.#overlapPercent) ? this.#overlapping(number, payload, tags) : this.delimitedField(number, payload);
  }

  /** Fields as a message: in their order, or, as protobuf allows it, in another one; some of them twice or not at all, with fields in between that nobody knows. */
  message(fields: readonly number[][]): number[] {
    const { dice } = this;
    const own = [...fields];
    if (own.length > 0 && this.isOdd()) own.push(dice.of(own));
    if (own.length > 0 && this.isOdd(0.5)) own.splice(dice.below(own.length), 1);
    while (this.isOdd()) own.splice(dice.below(own.length + 1), 0, this.#unknownField());
    if (dice.chance(OTHER_ORDER_PERCENT) || this.isOdd()) own.sort(() => dice.between(-1, 1));
    return own.flat();
  }

  /** A 64-bit integer: small, next to where its form changes, below 0, or any. */
  integer(): bigint {
    const { dice } = this;
    return dice.weighted<() => bigint>([
      [4, () => BigInt(dice.below(200))],
      [2, () => BigInt(dice.below(2 ** 31))],
      [4, () => (1n << BigInt(dice.of(BOUNDARY_BITS))) + BigInt(dice.between(-1, 1))],
      [1, () => BigInt(dice.between(-300, -1))],
      [1, () => this.#any64()],
      [1, () => dice.of([0n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n])],
    ])();
  }

  /** Zero and one, mostly; but any varint is a bool. */
  flag(): number | bigint {
    if (!this.isOdd()) return this.dice.below(2);
    return this.dice.of([2, 127, 128, 2 ** 31, 2n ** 32n, 2n ** 49n, 2n ** 63n, -1n]);
  }

  #any64(): bigint {
    return (BigInt(this.dice.below(2 ** 32)) << 32n) | BigInt(this.dice.below(2 ** 32));
  }

  #wireType(): number {
    return this.dice.below(8);
  }

  #varint(value: number | bigint): number[] {
    if (!this.isOdd()) return varint(value);
    if (this.dice.chance(80)) return varint(value, this.dice.between(2, MOST_VARINT_BYTES));
    if (this.dice.chance(50)) return varint(value, MOST_VARINT_BYTES + 1);
    // More than 64 bits, or no end where it should be.
    const bytes = varint(value, MOST_VARINT_BYTES);
    bytes[MOST_VARINT_BYTES - 1] = this.dice.below(256);
    return bytes;
  }

  #tag(number: number, wireType: number): number[] {
    const tag = number * 8 + wireType;
    if (!this.isOdd(0.3)) return varint(tag);
    return this.dice.chance(70)
      ? varint(tag, this.dice.between(2, MOST_VARINT_BYTES))
      : varint(BigInt(tag) | (1n << BigInt(this.dice.between(28, 63))));
  }

  #length(length: number): number[] {
    const { dice } = this;
    if (!this.isOdd(0.5)) return varint(length);
    return dice.weighted<() => number[]>([
      [6, () => varint(length, dice.between(2, MOST_VARINT_BYTES))],
      [2, () => varint(Math.max(0, length + dice.of([-2, -1, 1, 2, 100])))],
      [1, () => varint(BigInt(length) + (1n << BigInt(dice.of([31, 32, 33, 49, 53, 63]))))],
      [1, () => varint(dice.of([2n ** 31n - 1n, 2n ** 32n - 1n, 2n ** 49n - 1n, 2n ** 63n, -1n]))],
    ])();
  }

  /**
   * A message that ends between a tag and its number, so that the number belongs to both, or to the one around it. Readers that do not look
   * read something else than those that do, and all of it makes sense.
   */
  #overlapping(number: number, payload: readonly number[], { inner, outer }: VarintTags): number[] {
    const { dice } = this;
    const cut = [...payload, dice.of(inner)];
    return [...this.#tag(number, DELIMITED), ...varint(cut.length), ...cut, dice.of(outer), dice.of([0, 1, ...outer])];
  }

  #unknownField(): number[] {
    const { dice } = this;
    const number = dice.of(FIELD_NUMBERS);
    return dice.weighted<() => number[]>([
      [4, () => this.varintField(number, this.integer())],
      [
        4,
        () =>
          this.delimitedField(
            number,
            dice.list(dice.below(12), () => dice.below(256)),
          ),
      ],
      [2, () => [...varint(number * 8 + FIXED_64), ...dice.list(8, () => dice.below(256))]],
      [2, () => [...varint(number * 8 + FIXED_32), ...dice.list(4, () => dice.below(256))]],
      [3, () => this.#group(number, 0)],
      // Integers packed as of a repeated field, though none of ours is one.
      [2, () => this.delimitedField(number, dice.list(dice.below(4), () => varint(this.integer())).flat())],
      [1, () => varint(number * 8 + END_GROUP)],
      [1, () => varint(dice.of([0, 1, 2, 6, 7, 8 * number + 6, 8 * number + 7]))],
      [0.2, () => [...Array.from({ length: DEEP }, () => number * 8 + START_GROUP).flatMap((tag) => varint(tag))]],
    ])();
  }

  /** A group: a start, fields, an end. Another one's end, or none, now and then. */
  #group(number: number, depth: number): number[] {
    const { dice } = this;
    const fields = dice.list(dice.below(3), () => {
      if (depth < 4 && dice.chance(30)) return this.#group(dice.of(FIELD_NUMBERS), depth + 1);
      return dice.chance(50) ? this.varintField(dice.of(FIELD_NUMBERS), this.integer()) : this.delimitedField(number, [1, 2, 3]);
    });
    const end = this.isOdd() ? [] : varint((this.isOdd() ? dice.of(FIELD_NUMBERS) : number) * 8 + END_GROUP);
    return [...varint(number * 8 + START_GROUP), ...fields.flat(), ...end];
  }
}
