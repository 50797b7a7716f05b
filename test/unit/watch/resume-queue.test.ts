import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResumeQueue } from "../../../src/watch/resume-queue.ts";
import { watcherStream } from "../../support/watcher-harness.ts";
import type { WatcherStream } from "../../../src/watch/watcher-stream.ts";

const watches = Array.from({ length: 8 }, (_, index) => watcherStream(String(index)));

/** The queue as two plain lists. A place in flight whose watch was removed stays, empty: its answer is still to come. */
class Model {
  waiting: WatcherStream[] = [];
  inFlight: (WatcherStream | undefined)[] = [];
  sent: WatcherStream[] = [];
  attached = false;
  readonly window: number;

  constructor(window: number) {
    this.window = window;
  }

  get held(): WatcherStream[] {
    return [...this.inFlight.filter((watch) => watch !== undefined), ...this.waiting];
  }

  fill(): void {
    while (this.attached && this.inFlight.length < this.window) {
      const watch = this.waiting.shift();
      if (watch === undefined) return;
      this.inFlight.push(watch);
      this.sent.push(watch);
    }
  }
}

type Operation = { readonly add: number } | { readonly remove: number } | "attach" | "answer" | "lose";

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.nat(watches.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat(watches.length - 1) }) },
  { weight: 2, arbitrary: fc.constant("attach" as const) },
  { weight: 4, arbitrary: fc.constant("answer" as const) },
  { weight: 1, arbitrary: fc.constant("lose" as const) },
);

/** Plays the operations on both, and compares after each. */
function compare(window: number, operations: readonly Operation[]): void {
  const queue = new ResumeQueue();
  const model = new Model(window);
  const sent: WatcherStream[] = [];
  const confirmed = new Set<WatcherStream>();
  for (const each of operations) {
    if (each === "attach") {
      if (!model.attached) queue.attach({ window, send: (watch) => BigInt(sent.push(watch)) });
      model.attached = true;
    } else if (each === "answer") {
      const answered = queue.answered();
      expect(answered === undefined).toBe(model.inFlight.length === 0);
      expect(answered?.watch).toBe(model.inFlight.shift());
      if (answered?.watch !== undefined) confirmed.add(answered.watch);
      queue.next();
    } else if (each === "lose") {
      queue.takeBack(confirmed);
      model.waiting = [...confirmed, ...model.held];
      model.inFlight = [];
      model.attached = false;
      confirmed.clear();
    } else if ("add" in each) {
      const watch = watches[each.add];
      if (watch === undefined || model.held.includes(watch) || confirmed.has(watch)) continue;
      queue.add(watch);
      model.waiting.push(watch);
    } else {
      const watch = watches[each.remove];
      if (watch === undefined) continue;
      queue.remove(watch);
      confirmed.delete(watch);
      model.waiting = model.waiting.filter((other) => other !== watch);
      model.inFlight = model.inFlight.map((other) => (other === watch ? undefined : other));
    }
    model.fill();
    expect([...queue]).toEqual(model.held);
    expect(queue.size).toBe(model.held.length);
    expect(queue.hasInFlight).toBe(model.inFlight.length > 0);
    expect(sent).toEqual(model.sent);
  }
}

describe("ResumeQueue", () => {
  it("with one request in flight does what the model does, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        compare(1, operations);
      }),
    );
  });

  it("with a window of them, too", () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 5 }), fc.array(operation, { maxLength: 60 }), compare));
  });

  it("keeps the place of a watch that was removed in flight until its answer has come", () => {
    const [first, second] = watches;
    if (first === undefined || second === undefined) throw new Error("two are needed");
    const queue = new ResumeQueue();
    const sent: WatcherStream[] = [];
    queue.attach({ window: 1, send: (watch) => BigInt(sent.push(watch)) });
    queue.add(first);
    queue.add(second);
    queue.remove(first);
    expect(sent).toEqual([first]);
    expect(queue.size).toBe(1);
    expect(queue.answered()).toMatchObject({ watch: undefined });
    queue.next();
    expect(sent).toEqual([first, second]);
  });
});
