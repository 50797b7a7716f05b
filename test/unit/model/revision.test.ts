import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toInt64, toRevision } from "../../../src/model/revision.ts";
import { showValue } from "../../../src/util/option-check.ts";

const LARGEST = 2n ** 63n - 1n;

describe("toRevision()", () => {
  it("takes every bigint from 0 to 2^63-1 unrounded (scenario 16)", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, LARGEST), (value) => {
        expect(toRevision(value, "revision")).toBe(value);
      }),
    );
  });

  it("takes a number that is a safe integer", () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        expect(toRevision(value, "revision")).toBe(BigInt(value));
      }),
    );
    expect(toRevision(Number.MAX_SAFE_INTEGER, "revision")).toBe(2n ** 53n - 1n);
  });

  it.each([-1, -1n, 1.5, NaN, Infinity, 2 ** 53, 2n ** 63n, "5", null, undefined, true, Symbol("r")])(
    "refuses %o, naming the option and showing the value (scenario 20)",
    (value) => {
      expect(() => toRevision(value as bigint, "startRevision")).toThrow(RangeError);
      expect(() => toRevision(value as bigint, "startRevision")).toThrow(
        `startRevision must be a bigint from 0 to 2^63-1, or a safe integer in that range, got ${showValue(value)}`,
      );
    },
  );
});

describe("toInt64()", () => {
  it("takes negative ids too", () => {
    expect(toInt64(-(2n ** 63n), "lease")).toBe(-(2n ** 63n));
    expect(toInt64(-5, "lease")).toBe(-5n);
  });

  it("refuses what does not fit into 64 bits", () => {
    expect(() => toInt64(-(2n ** 63n) - 1n, "lease")).toThrow(RangeError);
    expect(() => toInt64(2n ** 63n, "lease")).toThrow(RangeError);
  });
});
