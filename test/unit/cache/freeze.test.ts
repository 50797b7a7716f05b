import { describe, expect, it } from "vitest";
import { deepFreeze } from "../../../src/cache/freeze.ts";

describe("deepFreeze()", () => {
  it("freezes plain objects and arrays all the way down, and rings too", () => {
    const ring: { list: { n: number }[]; self?: unknown } = { list: [{ n: 1 }] };
    ring.self = ring;
    deepFreeze(ring);
    expect(() => (ring.list[0] as { n: number }).n++).toThrow(TypeError);
    expect(() => ring.list.push({ n: 2 })).toThrow(TypeError);
  });

  it("leaves alone what cannot be frozen, and what is not ours", () => {
    const parts = { bytes: Buffer.from("a"), map: new Map([["a", 1]]), date: new Date() };
    deepFreeze(parts);
    parts.bytes[0] = 0x62;
    parts.map.set("b", 2);
    expect(Object.isFrozen(parts.date)).toBe(false);
    expect(deepFreeze("text")).toBe("text");
  });
});
