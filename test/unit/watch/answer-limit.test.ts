import { describe, expect, it } from "vitest";
import { limitSilence } from "../../../src/watch/answer-limit.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function stage({ silences = 0 } = {}) {
  const clock = new FakeClock();
  const connection = { record: { heard: 0 }, awaitsAnswer: true };
  let silent = 0;
  const stop = limitSilence(clock, connection, { silences, onSilent: () => (silent += 1) });
  return { clock, connection, stop, silent: () => silent };
}

describe("limitSilence()", () => {
  it("takes two periods without a message for silence, each time twice as long, up to a minute", () => {
    for (const [silences, periodMs] of [
      [0, 7_500],
      [1, 15_000],
      [2, 30_000],
      [3, 60_000],
      [10, 60_000],
    ] as const) {
      const { clock, silent } = stage({ silences });
      clock.advance(2 * periodMs - 1);
      expect(silent()).toBe(0);
      clock.advance(1);
      expect(silent()).toBe(1);
    }
  });

  it("hears any message, and minds nothing while no create waits", () => {
    const { clock, connection, silent } = stage();
    for (let index = 0; index < 10; index++) {
      connection.record.heard++;
      clock.advance(7_500);
    }
    connection.awaitsAnswer = false;
    clock.advance(60_000);
    connection.awaitsAnswer = true;
    clock.advance(7_500); // begins to count here
    expect(silent()).toBe(0);
    clock.advance(7_500);
    expect(silent()).toBe(1);
  });

  it("does not blame the server for a pause of our own", () => {
    const { clock, silent } = stage();
    clock.advance(7_500);
    clock.jump(7_500 + 3_750); // the answer came meanwhile, and nobody has read it yet
    clock.advance(0);
    expect(silent()).toBe(0);
    clock.advance(7_500);
    expect(silent()).toBe(1);
  });

  it("leaves no timer behind", () => {
    const { clock, stop } = stage();
    clock.advance(7_500);
    stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
