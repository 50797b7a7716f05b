import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asBigInt, asInt64, successor } from "../../../src/model/int64.ts";

const LARGEST_NUMBER = 2 ** 49 - 1;

describe("an Int64", () => {
  it("is a number from 0 up to 49 bits, and a bigint beyond: one form for each value, as the decoder makes them", () => {
    const values = [0n, 1n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];
    expect(values.map(asInt64)).toEqual([0, 1, LARGEST_NUMBER, 2n ** 49n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]);
  });

  it("has a successor of the right form, over the edge too", () => {
    expect([0, LARGEST_NUMBER - 1, LARGEST_NUMBER, 2n ** 49n, -2n, -1n].map(successor)).toEqual([
      1,
      LARGEST_NUMBER,
      2n ** 49n,
      2n ** 49n + 1n,
      -1n,
      0,
    ]);
  });

  it("comes back as it was, and is followed by what is one more", () => {
    const value = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 2n }), fc.bigInt({ min: 2n ** 49n - 3n, max: 2n ** 49n + 3n }));
    fc.assert(
      fc.property(value, (each) => {
        expect(asBigInt(asInt64(each))).toBe(each);
        expect(successor(asInt64(each))).toBe(asInt64(each + 1n));
      }),
    );
  });
});
