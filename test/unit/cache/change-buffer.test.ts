import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangeBuffer } from "../../../src/cache/change-buffer.ts";
import type { InformerChange } from "../../../src/cache/informer-change.ts";
import { KeyValue } from "../../../src/model/key-value.ts";

type Change = InformerChange<string>;

/** What a reader ends up with who takes these changes. Throws for one that cannot be: an update of a key that it never had. */
function pictureOf(changes: Iterable<Change>, picture = new Map<string, string>()): Map<string, string> {
  for (const change of changes) {
    const had = picture.get(change.key);
    if (change.previous !== had) throw new Error(`${change.type} ${change.key}: had ${String(had)}, is told ${String(change.previous)}`);
    if (change.type === "delete") picture.delete(change.key);
    else if (change.type !== "error") picture.set(change.key, change.value);
  }
  return picture;
}

function kvOf(key: string, value: string): KeyValue {
  const revisions = { createRevision: 1n, modRevision: 1n, version: 1n, lease: 0n };
  return KeyValue.from({ key: Buffer.from(key), value: Buffer.from(value), ...revisions });
}

/** Turns writes into the changes that an informer would tell. */
class Teller {
  readonly #state = new Map<string, string>();
  #revision = 1n;

  tell(key: string, value: string | undefined): Change | undefined {
    const previous = this.#state.get(key);
    const common = { key, revision: ++this.#revision, kv: kvOf(key, value ?? previous ?? "") };
    if (value === undefined) {
      if (previous === undefined) return undefined;
      this.#state.delete(key);
      return { type: "delete", ...common, value: undefined, previous, isFinalStateUnknown: false };
    }
    this.#state.set(key, value);
    if (previous === undefined) return { type: "add", ...common, value, previous, isInitial: false };
    return { type: "update", ...common, value, previous, isResync: false };
  }

  get state(): Map<string, string> {
    return this.#state;
  }
}

function drain(buffer: ChangeBuffer<string>): Change[] {
  const taken: Change[] = [];
  for (let change = buffer.shift(); change !== undefined; change = buffer.shift()) taken.push(change);
  return taken;
}

describe("ChangeBuffer", () => {
  it("gives every change to a reader who keeps up", () => {
    const teller = new Teller();
    const buffer = new ChangeBuffer<string>({ limit: 4 });
    for (const value of ["1", "2", undefined, "3"]) {
      const change = teller.tell("a", value);
      if (change !== undefined) buffer.push(change);
    }
    expect(drain(buffer).map(({ type, value }) => [type, value])).toEqual([
      ["add", "1"],
      ["update", "2"],
      ["delete", undefined],
      ["add", "3"],
    ]);
  });

  it("holds at most one change a key for a reader who never comes", () => {
    const teller = new Teller();
    const buffer = new ChangeBuffer<string>({ limit: 10 });
    for (let write = 0; write < 10_000; write++) {
      const change = teller.tell(`key ${String(write % 7)}`, String(write));
      if (change !== undefined) buffer.push(change);
      expect(buffer.size).toBeLessThanOrEqual(14);
    }
    expect(pictureOf(drain(buffer))).toEqual(teller.state);
  });

  it("ends up with the right picture whatever was merged, and never tells what cannot be", () => {
    const write = fc.record({ key: fc.constantFrom("a", "b", "c", "d"), value: fc.option(fc.nat(5).map(String), { nil: undefined }) });
    const action = fc.oneof({ weight: 4, arbitrary: write }, { weight: 1, arbitrary: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (actions, limit) => {
        const teller = new Teller();
        const buffer = new ChangeBuffer<string>({ limit });
        const picture = new Map<string, string>();
        for (const each of actions) {
          if (typeof each === "number") {
            for (let taken = 0; taken < each; taken++) {
              const change = buffer.shift();
              if (change !== undefined) pictureOf([change], picture);
            }
          } else {
            const change = teller.tell(each.key, each.value);
            if (change !== undefined) buffer.push(change);
          }
        }
        expect(pictureOf(drain(buffer), picture)).toEqual(teller.state);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps the last error of a key that cannot be decoded, and an add is an add once it can", () => {
    const buffer = new ChangeBuffer<string>({ limit: 1 });
    const kv = kvOf("a", "x");
    const common = { key: "a", revision: 2n, kv };
    buffer.push({ type: "error", ...common, value: undefined, previous: undefined, error: "first" });
    buffer.push({ type: "error", ...common, value: undefined, previous: undefined, error: "second" });
    expect(drain(buffer)).toMatchObject([{ type: "error", error: "second" }]);
    const later = new ChangeBuffer<string>({ limit: 1 });
    later.push({ type: "error", ...common, value: undefined, previous: undefined, error: "first" });
    later.push({ type: "add", ...common, value: "1", previous: undefined, isInitial: false });
    expect(drain(later)).toMatchObject([{ type: "add", value: "1" }]);
  });
});
