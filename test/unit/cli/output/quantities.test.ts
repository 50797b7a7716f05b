import { describe, expect, it } from "vitest";
import { leaseText } from "../../../../src/cli/output/lines.ts";
import { byteSize, durationText } from "../../../../src/cli/output/quantities.ts";

describe("byteSize()", () => {
  it.each([
    [0, "0 B"],
    [9, "9 B"],
    [10, "10 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [20_480, "20 kB"],
    [1_500_000, "1.5 MB"],
    [25_165_824, "25 MB"],
    [2 ** 33, "8.6 GB"],
  ])("%d is %s", (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });
});

describe("durationText()", () => {
  it.each([
    [0, "0s"],
    [0.000_5, "500ns"],
    [0.815_657, "815.657µs"],
    [1.854_909, "1.854909ms"],
    [2_500, "2.5s"],
    [62_500, "1m2.5s"],
  ])("%d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe("leaseText()", () => {
  it("has sixteen characters, a sign included", () => {
    expect([leaseText(0x1234n), leaseText(0x688d_a21f_89ab_4a14n), leaseText(-1n)]).toEqual([
      "0000000000001234",
      "688da21f89ab4a14",
      "-000000000000001",
    ]);
  });
});
