import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BalancedTree } from "../../../../src/mock-server/store/balanced-tree.ts";
import { IntervalTree } from "../../../../src/mock-server/store/interval-tree.ts";
import { intervalHolds } from "../../../../src/mock-server/store/key-text.ts";
import type { KeyInterval } from "../../../../src/mock-server/store/key-text.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "c", "\0", "\xff"), maxLength: 3 });
const interval = fc.record({ begin: key, end: fc.option(key, { nil: undefined }) });

describe("BalancedTree", () => {
  it("is a map in order, and balanced", () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 60 }), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const tree = new BalancedTree<number, number>({ compare: (a, b) => a - b, summarize: () => undefined });
        const model = new Map<number, number>();
        for (const [index, each] of steps.entries()) {
          if (each.remove) expect(tree.delete(each.key)).toBe(model.delete(each.key));
          else {
            tree.set(each.key, index);
            model.set(each.key, index);
          }
          expect(tree.size).toBe(model.size);
        }
        const found: [number, number][] = [];
        tree.ascend(20, (value, at) => {
          found.push([at, value]);
          return true;
        });
        expect(found).toEqual([...model].filter(([at]) => at >= 20).sort(([a], [b]) => a - b));
        expect(tree.root?.height ?? 0).toBeLessThanOrEqual(1.45 * Math.log2(model.size + 2));
      }),
    );
  });
});

describe("IntervalTree", () => {
  it("finds the intervals that hold a key, whatever was added and taken away", () => {
    const step = fc.record({ interval, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), key, (steps, stabbed) => {
        const tree = new IntervalTree<KeyInterval>();
        const model = new Map<string, KeyInterval>();
        for (const each of steps) {
          const name = JSON.stringify([each.interval.begin, each.interval.end ?? null]);
          if (each.remove) expect(tree.delete(each.interval)).toBe(model.delete(name));
          else {
            tree.set(each.interval, each.interval);
            model.set(name, each.interval);
          }
        }
        const found: KeyInterval[] = [];
        expect(
          tree.stab(stabbed, (value) => {
            found.push(value);
            return true;
          }),
        ).toBe(true);
        const expected = [...model.values()].filter((each) => intervalHolds(each, stabbed));
        expect(new Set(found)).toEqual(new Set(expected));
        expect(found).toHaveLength(expected.length);
      }),
    );
  });

  it("looks at few of many intervals", () => {
    const tree = new IntervalTree<number>();
    const name = (index: number): string => String(index).padStart(6, "0");
    for (let index = 0; index < 10_000; index++) tree.set({ begin: name(index), end: name(index + 1) }, index);
    const found: number[] = [];
    const startedMs = performance.now();
    for (let index = 0; index < 10_000; index++) {
      tree.stab(name(index), (value) => {
        found.push(value);
        return true;
      });
    }
    expect(found).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    expect(performance.now() - startedMs).toBeLessThan(1_000); // a walk over all of them takes many times as long
  });
});
