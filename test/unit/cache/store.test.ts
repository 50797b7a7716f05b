import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyId } from "../../../src/cache/key-id.ts";
import { Store } from "../../../src/cache/store.ts";
import { KeyValue } from "../../../src/model/key-value.ts";

function put(store: Store<readonly string[]>, key: string, value: readonly string[]): void {
  const revisions = { createRevision: 1n, modRevision: 1n, version: 1n, lease: 0n };
  store.set(KeyValue.from({ key: Buffer.from(key), value: Buffer.alloc(0), ...revisions }), value);
}

describe("Store", () => {
  it("finds by index what a scan finds, whatever was set and deleted", () => {
    const names = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 });
    const action = fc.record({ key: fc.constantFrom("a", "b", "c"), value: names, isDelete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const store = new Store<readonly string[]>({ names: (value) => value });
        for (const { key, value, isDelete } of actions) {
          if (isDelete) store.delete(keyId(Buffer.from(key)));
          else put(store, key, value);
        }
        for (const name of ["x", "y", "z"]) {
          const scanned = [...store.entries()].filter(([, { value }]) => value?.includes(name)).map(([id]) => id);
          expect(
            store
              .byIndex("names", name)
              .map(({ kv }) => kv.keyText)
              .sort(),
          ).toEqual(scanned.sort());
        }
      }),
    );
  });

  it("takes an index that names one, or none", () => {
    const store = new Store<readonly string[]>({ first: ([name]) => name });
    put(store, "a", ["x", "y"]);
    put(store, "b", []);
    expect(store.byIndex("first", "x")).toHaveLength(1);
    expect(store.byIndex("first", "y")).toHaveLength(0);
  });

  it("says which indexes there are when asked for another", () => {
    expect(() => new Store({ zone: () => "x" }).byIndex("zones", "x")).toThrow('There is no index "zones", only zone');
    expect(() => new Store().byIndex("zone", "x")).toThrow("only none at all");
  });

  it("keeps keys apart that are no UTF-8", () => {
    expect(keyId(Buffer.from([0xff]))).not.toBe(keyId(Buffer.from([0xfe])));
    expect(keyId(Buffer.from([0xff])) > keyId(Buffer.from([0x7f, 0x01]))).toBe(true);
  });
});
