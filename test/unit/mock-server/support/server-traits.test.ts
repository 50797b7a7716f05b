import { describe, expect, it } from "vitest";
import { isSince, since, traitsOf } from "./server-traits.ts";

describe("isSince", () => {
  it.each([
    ["3.4.37", false],
    ["3.4.38", true],
    ["3.4.100", true],
    ["3.5.23", false],
    ["3.5.24", true],
    ["3.6.5", false],
    ["3.6.6", true],
    ["3.7.0", true],
    ["3.8.0-alpha", true],
    ["4.0.0", true],
    ["3.3.99", false],
    ["2.9.99", false],
  ])("%s has what came with 3.4.38, 3.5.24 and 3.6.6: %s", (version, expected) => {
    expect(isSince(version, "3.4.38, 3.5.24, 3.6.6")).toBe(expected);
  });

  it.each([
    ["3.4.45", false],
    ["3.5.32", false],
    ["3.5.33", true],
    ["3.6.13", false],
    ["3.7.0", false],
    ["3.7.1", true],
    ["3.8.0", true],
  ])("%s has what the line of 3.4 never got: %s", (version, expected) => {
    expect(isSince(version, since.checksOpenEnd)).toBe(expected);
  });

  it("takes a version only", () => {
    expect(() => isSince("latest", "3.4.0")).toThrow("Not a version: latest");
  });
});

describe("traitsOf", () => {
  const missing = (version: string): string[] =>
    Object.entries(traitsOf(version))
      .filter(([, has]) => !has)
      .map(([trait]) => trait);

  it.each([
    ["3.4.23", Object.keys(since)],
    ["3.4.45", ["checksOpenEnd"]],
    ["3.5.16", ["progressWaitsForStart", "refusesNegativeStart", "checksOpenEnd", "guardsAdminCalls", "checksNestedTxn", "checksPutInTxn"]],
    ["3.5.28", ["checksOpenEnd", "checksPutInTxn"]],
    ["3.5.30", ["checksOpenEnd"]],
    ["3.5.33", []],
    ["3.6.6", ["checksOpenEnd", "guardsAdminCalls", "checksNestedTxn", "checksPutInTxn"]],
    ["3.6.14", []],
    ["3.7.1", []],
  ])("%s lacks %j", (version, expected) => {
    expect(missing(version)).toEqual(expected);
  });
});
