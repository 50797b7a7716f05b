import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WorkQueue } from "../../../src/controller/work-queue.ts";
import type { Timer } from "../../../src/util/clock.ts";
import { type Deferred, deferred } from "../../../src/util/deferred.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A queue whose work ends when the test says so. */
function stage({ concurrency = 1, clock = new FakeClock() }: { concurrency?: number; clock?: FakeClock } = {}) {
  const started: string[] = [];
  const running = new Map<string, Deferred<undefined>>();
  const queue = new WorkQueue({
    concurrency,
    clock,
    work: async (key) => {
      if (running.has(key)) throw new Error(`${key} is worked on twice at once`);
      started.push(key);
      const done = deferred<undefined>();
      running.set(key, done);
      await done.promise;
    },
  });
  const finish = async (key: string): Promise<void> => {
    const done = running.get(key);
    if (done === undefined) throw new Error(`${key} is not worked on`);
    running.delete(key);
    done.resolve(undefined);
    await settled();
  };
  return { clock, queue, started, running, finish };
}

/** As of Node: a timer that is longer fires at once. */
class CappedClock extends FakeClock {
  override setTimer(delayMs: number, callback: () => void): Timer {
    return super.setTimer(Math.min(delayMs, 2 ** 31 - 1), callback);
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe("WorkQueue", () => {
  it("[rule 14] many adds of a key that waits are one", async () => {
    const { queue, started, finish } = stage();
    queue.add("busy");
    for (let time = 0; time < 5; time++) queue.add("a");
    expect(queue.depth).toBe(1);
    await finish("busy");
    await finish("a");
    expect(started).toEqual(["busy", "a"]);
    expect([queue.depth, queue.running]).toEqual([0, 0]);
  });

  it("[rule 14] adds while a key is worked on make it run once more, afterwards, though a worker is free", async () => {
    const { queue, started, finish } = stage({ concurrency: 5 });
    queue.add("a");
    queue.add("a");
    queue.add("a");
    await settled();
    expect(started).toEqual(["a"]);
    await finish("a");
    expect(started).toEqual(["a", "a"]);
    await finish("a");
    expect(started).toEqual(["a", "a"]);
  });

  it("[rule 15] of two delays the earlier one counts, whichever came first", async () => {
    for (const [first, second] of [
      [50, 100],
      [100, 50],
    ] as const) {
      const { clock, queue, started, finish } = stage();
      queue.addAfter("a", first);
      queue.addAfter("a", second);
      clock.advance(49);
      expect(started).toEqual([]);
      clock.advance(1);
      expect(started).toEqual(["a"]);
      await finish("a");
      clock.advance(1_000);
      expect(started).toEqual(["a"]);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it("[rule 15] an add without delay takes the delayed one's place", async () => {
    const { clock, queue, started, finish } = stage();
    queue.addAfter("a", 100);
    queue.add("a");
    expect([started, queue.delayed, clock.pendingTimers]).toEqual([["a"], 0, 0]);
    await finish("a");
    clock.advance(1_000);
    expect(started).toEqual(["a"]);
  });

  it("[rule 15] what is to run again anyway takes no delay", async () => {
    const { clock, queue, started, finish } = stage();
    queue.add("a");
    queue.add("a"); // while it is worked on
    queue.addAfter("a", 100);
    expect([queue.delayed, clock.pendingTimers]).toEqual([0, 0]);
    await finish("a");
    await finish("a");
    clock.advance(1_000);
    expect(started).toEqual(["a", "a"]);
  });

  it("[rule 15] a delay of a month is a month, though no timer is that long", () => {
    const day = 24 * 3_600_000;
    const { clock, queue, started } = stage({ clock: new CappedClock() });
    queue.addAfter("a", 30 * day);
    clock.advance(29 * day);
    expect([started, queue.delayed]).toEqual([[], 1]);
    clock.advance(day);
    expect([started, queue.delayed]).toEqual([["a"], 0]);
  });

  it("[rule 17] of two delays the earlier one counts, and of their priorities the higher one", async () => {
    for (const [first, second] of [
      [
        { delayMs: 100, priority: "live" },
        { delayMs: 50, priority: "background" },
      ],
      [
        { delayMs: 50, priority: "background" },
        { delayMs: 100, priority: "live" },
      ],
      [
        { delayMs: 100, priority: "live" },
        { delayMs: 0, priority: "background" },
      ],
    ] as const) {
      const { clock, queue, started, finish } = stage();
      queue.add("busy");
      queue.add("before", "background");
      queue.addAfter("a", first.delayMs, first.priority);
      queue.addAfter("a", second.delayMs, second.priority);
      clock.advance(50);
      await finish("busy");
      expect(started).toEqual(["busy", "a"]);
    }
  });

  it("[rule 17] live changes come before the background, and lift a key that waits there", async () => {
    const { queue, started, finish } = stage();
    queue.add("busy");
    for (const key of ["a", "b", "c"]) queue.add(key, "background");
    queue.add("live");
    queue.add("c", "live");
    queue.add("c", "background"); // does not push it back
    for (const key of ["busy", "live", "c", "a", "b"]) await finish(key);
    expect(started).toEqual(["busy", "live", "c", "a", "b"]);
  });

  it("[rule 20] stop() forgets what waits, waits for what runs, and takes nothing more", async () => {
    const { clock, queue, started, finish } = stage();
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 10);
    let stopped = false;
    const stopping = queue.stop().then(() => (stopped = true));
    queue.add("d");
    queue.addAfter("e", 1);
    clock.advance(100);
    await settled();
    expect(stopped).toBe(false);
    await finish("a");
    await stopping;
    expect([started, queue.depth, queue.delayed, clock.pendingTimers]).toEqual([["a"], 0, 0, 0]);
  });

  it("[rule 23] knows how long keys have been worked on", async () => {
    const { clock, queue, finish } = stage({ concurrency: 2 });
    expect(queue.longestRunningMs).toBe(0);
    queue.add("a");
    clock.advance(30);
    queue.add("b");
    clock.advance(10);
    expect([queue.longestRunningMs, queue.unfinishedMs, queue.running]).toEqual([40, 50, 2]);
    await finish("a");
    expect(queue.longestRunningMs).toBe(10);
  });

  it("works on every key that was added, after its last add, and never on one twice at once", async () => {
    const action = fc.oneof(
      fc.record({ type: fc.constant("add" as const), key: fc.constantFrom("a", "b", "c"), low: fc.boolean() }),
      fc.record({ type: fc.constant("after" as const), key: fc.constantFrom("a", "b", "c"), delayMs: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ type: fc.constant("advance" as const), byMs: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ type: fc.constant("finish" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (actions, concurrency) => {
        const { clock, queue, running, finish, started } = stage({ concurrency });
        const owed = new Set<string>();
        let seen = 0;
        const note = (): void => {
          for (const key of started.slice(seen)) owed.delete(key);
          seen = started.length;
        };
        for (const each of actions) {
          if (each.type === "add") {
            owed.add(each.key);
            queue.add(each.key, each.low ? "background" : "live");
          } else if (each.type === "after") {
            owed.add(each.key);
            queue.addAfter(each.key, each.delayMs);
          } else if (each.type === "advance") clock.advance(each.byMs);
          else for (const [key] of [...running].slice(0, 1)) await finish(key);
          await settled();
          note();
        }
        clock.advance(1_000);
        await settled();
        while (running.size > 0) for (const key of [...running.keys()]) await finish(key);
        note();
        expect([...owed]).toEqual([]);
        expect([queue.depth, queue.delayed, queue.running]).toEqual([0, 0, 0]);
      }),
    );
  });
});
