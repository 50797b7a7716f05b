import { describe, expect, it } from "vitest";
import { type CoordinationOptions, coordinationSettings } from "../../../src/coordination/coordination-options.ts";

function settings(options: object) {
  return coordinationSettings(options as CoordinationOptions, "Election");
}

describe("The options of Election and Shard", () => {
  it("have defaults, and a slash at the prefix's end", () => {
    expect(settings({ prefix: "a" })).toEqual({ prefix: Buffer.from("a/"), ttlSeconds: 15, marginMs: undefined, value: Buffer.from("") });
    expect(settings({ prefix: "a/", value: "me", marginMs: 0 })).toMatchObject({ prefix: Buffer.from("a/"), value: Buffer.from("me") });
  });

  it.each([
    [{}, "prefix must be a string or a Uint8Array, got undefined"],
    [{ prefix: "" }, "Election needs a prefix of its own, got ''"],
    [{ prefix: "a", ttlSeconds: 0 }, "ttlSeconds must be a positive integer, got 0"],
    [{ prefix: "a", ttlSeconds: 1.5 }, "ttlSeconds must be a positive integer, got 1.5"],
    [{ prefix: "a", ttlSeconds: 3, marginMs: 2_000 }, "marginMs must be from 0 to two thirds of the lease's time (3 s), got 2000"],
    [{ prefix: "a", marginMs: -1 }, "got -1"],
    [{ prefix: "a", marginMs: NaN }, "got NaN"],
    [{ prefix: "a", value: 1 }, "value must be a string or a Uint8Array, got 1"],
    [{ prefix: "a", ttl: 3 }, "Election does not take ttl (3)"],
  ])("refuse %j", (options, message) => {
    expect(() => settings(options)).toThrow(message);
  });
});
