import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sleep, systemClock } from "../../../src/util/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("sleep()", () => {
  it("resolves when its time has passed, not before", async () => {
    const clock = new FakeClock();
    let awake = false;
    const sleeping = sleep(100, { clock }).then(() => (awake = true));
    clock.advance(99);
    await Promise.resolve();
    expect(awake).toBe(false);
    clock.advance(1);
    await sleeping;
    expect(awake).toBe(true);
  });

  it("takes its listener away when it is over", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const sleeping = sleep(100, { clock, signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    clock.advance(100);
    await sleeping;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("rejects with the reason as soon as it is aborted, and leaves no timer", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = sleep(100, { clock, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not start for a signal that is aborted already", async () => {
    const clock = new FakeClock();
    await expect(sleep(100, { clock, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(clock.pendingTimers).toBe(0);
  });

  it("rejects with the reason, also when that is no error, whenever it is aborted", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = sleep(100, { clock, signal: controller.signal });
    controller.abort("enough");
    await expect(sleeping).rejects.toBe("enough");
    await expect(sleep(100, { clock, signal: controller.signal })).rejects.toBe("enough");
  });
});

describe("systemClock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("measures with a clock that never goes back", () => {
    const beforeMs = systemClock.nowMs();
    vi.advanceTimersByTime(25);
    expect(systemClock.nowMs() - beforeMs).toBe(25);
  });

  it("fires a timer after its delay", () => {
    const callback = vi.fn();
    systemClock.setTimer(25, callback);
    vi.advanceTimersByTime(24);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it("does not fire a cancelled timer; cancelling again, or after it fired, does nothing", () => {
    const callback = vi.fn();
    const timer = systemClock.setTimer(25, callback);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(100);
    expect(callback).not.toHaveBeenCalled();
    const other = systemClock.setTimer(25, callback);
    vi.advanceTimersByTime(25);
    other.cancel();
    expect(callback).toHaveBeenCalledOnce();
  });

  it.each([2 ** 31, 2 ** 40, Infinity])("does not fire a timer of %d ms at once, as Node would", (delayMs) => {
    const callback = vi.fn();
    const timer = systemClock.setTimer(delayMs, callback);
    vi.advanceTimersByTime(1_000_000_000);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });

  it("takes a negative delay for none", () => {
    const callback = vi.fn();
    systemClock.setTimer(-5, callback);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });
});
