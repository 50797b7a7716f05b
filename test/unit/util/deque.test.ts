import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deque } from "../../../src/util/deque.ts";

/** What both an array and a deque can do, and how the array says it. */
const commands = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant("push" as const), value: fc.integer() }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("unshift" as const), value: fc.integer() }) },
    { weight: 9, arbitrary: fc.constant({ do: "shift" as const, value: 0 }) },
    { weight: 1, arbitrary: fc.constantFrom({ do: "peek" as const, value: 0 }, { do: "clear" as const, value: 0 }) },
  ),
  { maxLength: 400 },
);

describe("Deque", () => {
  it("does what an array does, in whatever order it is used", () => {
    fc.assert(
      fc.property(commands, (steps) => {
        const deque = new Deque<number>();
        const model: number[] = [];
        for (const { do: step, value } of steps) {
          if (step === "push") {
            deque.push(value);
            model.push(value);
          } else if (step === "unshift") {
            deque.unshift(value);
            model.unshift(value);
          } else if (step === "shift") expect(deque.shift()).toBe(model.shift());
          else if (step === "peek") expect(deque.peek()).toBe(model[0]);
          else {
            deque.clear();
            model.length = 0;
          }
          expect(deque.size).toBe(model.length);
        }
        expect([...deque]).toEqual(model);
      }),
    );
  });

  it("keeps its order when it grows with its head in the middle", () => {
    const deque = new Deque<number>();
    for (let value = 0; value < 6; value++) deque.push(value);
    for (let value = 0; value < 5; value++) deque.shift();
    for (let value = 6; value < 30; value++) deque.push(value);
    expect([...deque]).toEqual(Array.from({ length: 25 }, (_, index) => index + 5));
  });

  it("has nothing to peek at or to shift when it is empty", () => {
    const deque = new Deque<number>();
    expect(deque.peek()).toBeUndefined();
    expect(deque.shift()).toBeUndefined();
    expect(deque.size).toBe(0);
  });

  it("holds undefined like any other value", () => {
    const deque = new Deque<undefined>();
    deque.push(undefined);
    expect(deque.size).toBe(1);
    expect([...deque]).toEqual([undefined]);
  });
});
