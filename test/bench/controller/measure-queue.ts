import PQueue from "p-queue";
import { WorkQueue, type WorkPriority } from "../../../src/controller/work-queue.ts";
import { systemClock } from "../../../src/util/clock.ts";
import { keyOf } from "./values.ts";

/** What a key costs that does nothing when it is worked on, in µs of CPU. */
export interface QueueAnswer {
  readonly us: number;
}

export const queueMeasures = [
  "bare p-queue",
  "one after the other",
  "eight at once",
  "live before a backlog",
  "lifted out of a backlog",
] as const;
export type QueueMeasure = (typeof queueMeasures)[number];

/** So many keys are pushed in front of a backlog: each has to find its place in it. */
const IN_FRONT = 1_000;

export async function measureQueue(what: QueueMeasure, keys: number): Promise<QueueAnswer> {
  const names = Array.from({ length: keys }, (_, index) => keyOf(index));
  await run(what, names.slice(0, keys / 10)); // code that has not run before is slow
  return { us: await run(what, names) };
}

async function run(what: QueueMeasure, names: readonly string[]): Promise<number> {
  switch (what) {
    case "bare p-queue": {
      const queue = new PQueue({ concurrency: 1 });
      const began = process.cpuUsage();
      for (const name of names) void queue.add(() => Promise.resolve(), { id: name });
      await queue.onIdle();
      return usSince(began) / names.length;
    }
    case "one after the other":
      return drain(names, 1);
    case "eight at once":
      return drain(names, 8);
    case "live before a backlog":
      return inFront(names, (index) => `live/${index}`);
    case "lifted out of a backlog":
      return inFront(names, (index) => names[(index * 7_919) % names.length] ?? "");
  }
}

function usSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

/** Adds all keys, as a first list does, and works them off. */
async function drain(names: readonly string[], concurrency: number): Promise<number> {
  const { queue, allDone } = counting(names.length, concurrency);
  const began = process.cpuUsage();
  for (const name of names) queue.add(name, "background");
  await allDone;
  return usSince(began) / names.length;
}

/** Adds so many live keys while all the others wait. What working them off costs is not counted. */
async function inFront(names: readonly string[], keyAt: (index: number) => string): Promise<number> {
  const { queue } = counting(Infinity, 1, new Promise(() => undefined));
  for (const name of names) queue.add(name, "background");
  const began = process.cpuUsage();
  for (let index = 1; index <= IN_FRONT; index++) queue.add(keyAt(index), "live" satisfies WorkPriority);
  const us = usSince(began) / IN_FRONT;
  await Promise.race([queue.stop(), Promise.resolve()]);
  return us;
}

function counting(keys: number, concurrency: number, work: Promise<void> = Promise.resolve()) {
  let left = keys;
  let resolve = (): void => undefined;
  const allDone = new Promise<void>((resolveDone) => (resolve = resolveDone));
  const queue = new WorkQueue({
    concurrency,
    clock: systemClock,
    work: () => {
      if (--left === 0) resolve();
      return work;
    },
  });
  return { queue, allDone };
}
