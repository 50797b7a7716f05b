import { describe, expect, it } from "vitest";
import { RetrySchedule } from "../../../src/controller/retry-schedule.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("RetrySchedule", () => {
  it("[rule 16] doubles a key's delay from 5 ms up to its limit", () => {
    const clock = new FakeClock();
    const schedule = new RetrySchedule({ maxMs: 1_000 }, clock);
    const delays = Array.from({ length: 10 }, () => {
      clock.advance(10_000); // the bucket is full again
      return schedule.failed("a");
    });
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    expect(schedule.failures("a")).toBe(10);
  });

  it("[rule 16] begins anew after a success, for that key alone", () => {
    const clock = new FakeClock();
    const schedule = new RetrySchedule({}, clock);
    schedule.failed("a");
    schedule.failed("b");
    schedule.forget("a");
    expect([schedule.failed("a"), schedule.failed("b")]).toEqual([5, 10]);
    schedule.forget("a");
    schedule.forget("b");
    expect(schedule.size).toBe(0);
  });

  it("[rule 16] lets a hundred keys fail at once, and then ten a second", () => {
    const clock = new FakeClock();
    const schedule = new RetrySchedule({}, clock);
    const delays = Array.from({ length: 120 }, (_, index) => schedule.failed(`key ${String(index)}`));
    expect(delays.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 5));
    expect(delays[100]).toBeCloseTo(100);
    expect(delays[119]).toBeCloseTo(2_000);
    clock.advance(60_000);
    expect(schedule.failed("later")).toBe(5);
  });

  it("never waits beyond the largest number for a key that fails for ever", () => {
    const clock = new FakeClock();
    const schedule = new RetrySchedule({ perSecond: 1e9 }, clock);
    let delayMs = 0;
    for (let time = 0; time < 5_000; time++) delayMs = schedule.failed("a");
    expect(delayMs).toBe(1_000_000);
  });
});
