import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lessor } from "../../../../src/mock-server/store/lessor.ts";
import { MvccStore } from "../../../../src/mock-server/store/mvcc-store.ts";

const leases = new Lessor(() => 0.5);
const everything = { kind: "interval", begin: "", end: undefined } as const;

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function contents(store: MvccStore, revision: bigint): [string, string][] {
  return store.range(everything, { revision }).kvs.map(({ key, value }) => [key.toString(), value.toString()]);
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key: fc.constantFrom("a", "b", "c"), value: fc.string({ maxLength: 2 }) }),
  fc.record({ kind: fc.constant("delete" as const), key: fc.constantFrom("a", "b", "c") }),
);

describe("MvccStore", () => {
  it("remembers what it was at every revision, down to the compaction, and tells the same story as history", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.nat(), fc.boolean(), (steps, at, keepTombstone) => {
        const store = new MvccStore({ leases, keepTombstoneAtCompaction: keepTombstone });
        const states = new Map<bigint, Map<string, string>>([[1n, new Map()]]);
        for (const each of steps) {
          const state = new Map(states.get(store.revision));
          store.write((txn) => {
            if (each.kind === "put") txn.put(bytes(each.key), bytes(each.value), 0n);
            else txn.delete({ kind: "key", key: each.key });
          });
          if (each.kind === "put") state.set(each.key, each.value);
          else state.delete(each.key);
          states.set(store.revision, state);
        }
        const compacted = 1n + (BigInt(at) % store.revision);
        store.compact(compacted);
        for (const [revision, state] of states) {
          if (revision < compacted) expect(() => contents(store, revision)).toThrow("compacted");
          else expect(contents(store, revision)).toEqual([...state].sort());
        }
        const replayed = new Map(states.get(compacted));
        for (const { kind, kv } of store.changesSince(compacted + 1n)) {
          if (kind === "put") replayed.set(kv.key.toString(), kv.value.toString());
          else replayed.delete(kv.key.toString());
        }
        expect(replayed).toEqual(states.get(store.revision));
      }),
    );
  });

  it("keeps of a compacted revision what still counts there, and its tombstones only if it is told to", () => {
    for (const keep of [true, false]) {
      const store = new MvccStore({ leases, keepTombstoneAtCompaction: keep });
      store.write((txn) => {
        txn.put(bytes("gone"), bytes("1"), 0n);
      });
      store.write((txn) => {
        txn.put(bytes("stays"), bytes("1"), 0n);
        txn.delete({ kind: "key", key: "gone" });
      });
      store.compact(3n);
      const left = [...store.changesSince(3n)].map(({ kind, key }) => `${kind} ${key}`);
      expect(left).toEqual(keep ? ["put stays", "delete gone"] : ["put stays"]);
      store.write((txn) => {
        txn.put(bytes("x"), bytes(""), 0n);
      });
      store.compact(4n);
      expect([...store.changesSince(0n)].map(({ key }) => key)).toEqual(["x"]);
    }
  });

  it("compacts at 0 once, and never below", () => {
    const store = new MvccStore({ leases });
    expect(() => {
      store.compact(-1n);
    }).toThrow("has been compacted");
    store.compact(0n);
    expect(() => {
      store.compact(0n);
    }).toThrow("has been compacted");
    expect(() => {
      store.compact(2n);
    }).toThrow("future revision");
  });

  it("rolls back to a past revision and goes on from there", () => {
    const book = new Lessor(() => 0.5);
    const { id } = book.grant(7n, 60n, 0);
    const store = new MvccStore({ leases: book });
    store.write((txn) => {
      txn.put(bytes("a"), bytes("1"), id);
    });
    store.write((txn) => {
      txn.put(bytes("a"), bytes("2"), 0n);
      txn.put(bytes("b"), bytes("2"), id);
    });
    expect([...(book.get(id)?.keys ?? [])]).toEqual(["b"]);
    store.rollBack(2n);
    expect(store.revision).toBe(2n);
    expect(contents(store, 0n)).toEqual([["a", "1"]]);
    expect([...(book.get(id)?.keys ?? [])]).toEqual(["a"]);
    store.write((txn) => {
      txn.put(bytes("a"), bytes("3"), 0n);
    });
    expect([...store.changesSince(3n)].map(({ kv }) => [kv.modRevision, kv.version])).toEqual([[3n, 2n]]);
    expect(() => {
      store.rollBack(9n);
    }).toThrow("future");
  });
});
