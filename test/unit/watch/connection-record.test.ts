import { expect, it } from "vitest";
import { TurnClock } from "../../../src/util/turn-clock.ts";
import { ConnectionRecord } from "../../../src/watch/connection-record.ts";
import { WatchCounters } from "../../../src/watch/watch-counters.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const CALL = { endpoint: "a:2379", hasToken: false, hasFreshToken: false };

function record() {
  const clock = new FakeClock();
  return { clock, record: new ConnectionRecord({ clock, counters: new WatchCounters(new TurnClock(clock)) }) };
}

it("a connection is healthy once it was answered and has lived for a second, or has moved a watch on", () => {
  const { clock, record: answered } = record();
  answered.hasAnswered = true;
  clock.advance(999);
  expect(answered.health(CALL)).toEqual({ healthy: false, answered: true, ...CALL });
  clock.advance(1);
  expect(answered.health(CALL)).toMatchObject({ healthy: true });

  const { record: quick } = record();
  quick.hasAnswered = true;
  quick.hasDelivered = true;
  expect(quick.health(CALL)).toMatchObject({ healthy: true });
});

it("a connection without an answer is not healthy, however long it lives", () => {
  const { clock, record: silent } = record();
  clock.advance(60_000);
  expect(silent.health(CALL)).toEqual({ healthy: false, answered: false, ...CALL });
});
