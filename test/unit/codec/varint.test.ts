import { describe, expect, it } from "vitest";
import { longVarint, NOT_PLAIN, positionAfter } from "../../../src/codec/varint.ts";

/** `value` in that many bytes, though fewer would do. */
function varintOf(value: bigint, length: number): Buffer {
  const bits = BigInt.asUintN(64, value);
  return Buffer.from(Array.from({ length }, (_, index) => Number((bits >> BigInt(7 * index)) & 0x7fn) | (index === length - 1 ? 0 : 0x80)));
}

describe("longVarint()", () => {
  it("has one form for each value, in however many bytes somebody wrote it", () => {
    for (const value of [0n, 1n, 127n, 128n, 300n]) {
      for (let length = 2; length <= 10; length++) {
        expect(longVarint(varintOf(value, length), 0), `${String(value)} in ${String(length)} bytes`).toBe(Number(value));
        expect(positionAfter).toBe(length);
      }
    }
  });

  it("makes a number of up to 49 bits, and a bigint of more", () => {
    const largest = 2n ** 49n - 1n;
    expect(longVarint(varintOf(largest, 7), 0)).toBe(2 ** 49 - 1);
    expect(longVarint(varintOf(largest, 10), 0)).toBe(2 ** 49 - 1);
    expect(longVarint(varintOf(largest + 1n, 8), 0)).toBe(largest + 1n);
    expect(longVarint(varintOf(-1n, 10), 0)).toBe(-1n);
  });

  it("takes none that ends beyond its tenth byte or beyond the bytes that there are", () => {
    for (const bytes of [Buffer.alloc(11, 0x80), Buffer.from([0x80]), Buffer.alloc(5, 0xff)]) {
      expect(() => longVarint(bytes, 0)).toThrow(NOT_PLAIN);
    }
  });
});
