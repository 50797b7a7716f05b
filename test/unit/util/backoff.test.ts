import { describe, expect, it } from "vitest";
import { Backoff } from "../../../src/util/backoff.ts";

const take = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.nextMs());

describe("Backoff", () => {
  it("does not wait before the first try, then up to a bound that doubles to the maximum", () => {
    const backoff = new Backoff({ baseMs: 20, maxMs: 3_000, random: () => 1 });
    expect(take(backoff, 11)).toEqual([0, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_000, 3_000]);
  });

  it("waits a random part of the bound, down to nothing", () => {
    const parts = [0.5, 0, 0.25];
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000, random: () => parts.shift() ?? 0 });
    expect(take(backoff, 4)).toEqual([0, 50, 0, 100]);
  });

  it("starts again after reset()", () => {
    const backoff = new Backoff({ baseMs: 20, random: () => 1 });
    take(backoff, 5);
    expect(backoff.attempt).toBe(5);
    backoff.reset();
    expect(backoff.attempt).toBe(0);
    expect(take(backoff, 2)).toEqual([0, 20]);
  });

  it("stays at the maximum however often it is asked", () => {
    const backoff = new Backoff({ random: () => 1 });
    expect(take(backoff, 5_000).at(-1)).toBe(3_000);
  });

  it("is never above the maximum by default", () => {
    const backoff = new Backoff();
    for (const delayMs of take(backoff, 100)) {
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThan(3_000);
    }
  });
});
