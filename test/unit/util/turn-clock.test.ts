import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { TurnClock } from "../../../src/util/turn-clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("a TurnClock stands still for one turn of the event loop, and asks once", async () => {
  const clock = new FakeClock();
  const turn = new TurnClock(clock);
  clock.advance(5);
  expect(turn.nowMs()).toBe(5);
  clock.advance(5);
  await Promise.resolve();
  expect(turn.nowMs()).toBe(5);
  await setImmediate();
  expect(turn.nowMs()).toBe(10);
});
