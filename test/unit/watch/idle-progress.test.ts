import { expect, it } from "vitest";
import { keepResumable } from "../../../src/watch/idle-progress.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { watcherStream } from "../../support/watcher-harness.ts";

it("what asks for progress on behalf of an idle watch is given up with its connection, and leaves no timer", () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const stop = keepResumable(clock, { substreams: new Map([[0n, watcherStream("a")]]) }, (signal) => {
    signals.push(signal);
    return Promise.resolve();
  });
  clock.advance(60_000);
  expect(signals).toEqual([]); // it was not there a minute ago
  clock.advance(60_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  stop();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(clock.pendingTimers).toBe(0);
});
