import { describe, expect, it } from "vitest";
import { Ring } from "../../../src/coordination/ring.ts";
import { KeyValue } from "../../../src/model/key-value.ts";

const KEYS = Array.from({ length: 20_000 }, (_, index) => `jobs/${String(index)}`);

function ring(...members: string[]): Ring {
  return new Ring(1n, members);
}

function written(text: string): KeyValue {
  const [key, value] = [Buffer.from("shards/ring"), Buffer.from(text)];
  return KeyValue.from({ key, value, createRevision: 3n, modRevision: 9n, version: 2n, lease: 0n });
}

describe("Ring", () => {
  it("gives each member about the same number of keys", () => {
    for (const size of [2, 3, 5, 10]) {
      // As leases of one cluster are named: alike but for their ends.
      const members = Array.from({ length: size }, (_, index) => (0x694d_9aab_c000_0012n + BigInt(index) * 3n).toString(16));
      const counts = new Map(members.map((member) => [member, 0]));
      const shared = ring(...members);
      for (const key of KEYS) {
        const owner = shared.ownerOf(key) ?? "nobody";
        counts.set(owner, (counts.get(owner) ?? 0) + 1);
      }
      expect([...counts.keys()]).toEqual(members);
      for (const count of counts.values()) expect(Math.abs(count * size - KEYS.length) / KEYS.length).toBeLessThan(0.1);
    }
  });

  it("moves only the keys of who goes, and only to who comes", () => {
    const [before, after] = [ring("a", "b", "c", "d"), ring("a", "b", "d", "e")];
    for (const key of KEYS) {
      const [from, to] = [before.ownerOf(key), after.ownerOf(key)];
      if (from !== to) expect(from === "c" || to === "e").toBe(true);
    }
  });

  it("does not depend on the order of the members", () => {
    const [one, other] = [ring("a", "b", "c"), ring("c", "a", "b")];
    for (const key of KEYS.slice(0, 1_000)) expect(one.ownerOf(key)).toBe(other.ownerOf(key));
    expect(Ring.textOf(["b", "a"])).toBe(Ring.textOf(["a", "b"]));
  });

  it("gives keys to the same members for ever: other versions of this package must agree", () => {
    const shared = ring("694d9aabc0000012", "694d9aabc0000015", "694d9aabc0000018");
    const owners = ["", "a", "jobs/1", "jobs/2", "jobs/3", "Schlüssel/ä", "键/一", "🔑"].map((key) => shared.ownerOf(key)?.at(-1));
    expect(owners).toEqual(["2", "8", "8", "2", "5", "8", "2", "8"]);
  });

  it("without members gives no key to anybody", () => {
    expect(ring().ownerOf("a")).toBeUndefined();
  });

  it("is read as it was written, with the revision of its last change", () => {
    const read = Ring.from(written(Ring.textOf(["b", "a"])));
    expect(read).toMatchObject({ revision: 9n, members: ["a", "b"], isForeign: false });
    expect(read.hasExactly(["b", "a"])).toBe(true);
    expect(read.hasExactly(["a"])).toBe(false);
    expect(read.hasExactly(["a", "c"])).toBe(false);
    expect(Ring.from(undefined)).toMatchObject({ revision: 0n, members: [], isForeign: false });
  });

  it.each(["", "no JSON", "null", '{"version":1}', '{"version":1,"members":[1]}'])(
    "is one without members where %j stands, to be written anew",
    (text) => {
      expect(Ring.from(written(text))).toMatchObject({ revision: 9n, members: [], isForeign: false });
    },
  );

  it("of another version is left alone, and gives no key to anybody", () => {
    expect(Ring.from(written('{"version":2,"members":["a"]}'))).toMatchObject({ revision: 9n, members: [], isForeign: true });
  });
});
