import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, isOpenEnded, keyBytes, keyRange, prefixEnd, type Key } from "../../../src/model/key-range.ts";

const hexRange = (...parameters: Parameters<typeof keyRange>): string[] => {
  const { key, rangeEnd } = keyRange(...parameters);
  return [key.toString("hex"), rangeEnd.toString("hex")];
};

describe("keyRange()", () => {
  it("is the one key, with an empty range end, by default", () => {
    expect(hexRange("foo")).toEqual(["666f6f", ""]);
    expect(hexRange("foo", { prefix: false, rangeEnd: undefined, fromKey: false })).toEqual(["666f6f", ""]);
  });

  it("takes a key of bytes as it is", () => {
    expect(hexRange(Uint8Array.of(0, 0xff, 0x80))).toEqual(["00ff80", ""]);
  });

  it("ends a prefix before the next key without it", () => {
    expect(hexRange("foo", { prefix: true })).toEqual(["666f6f", "666f70"]);
  });

  it("is every key for an empty prefix (scenario 5)", () => {
    expect(hexRange("", { prefix: true })).toEqual(["00", "00"]);
  });

  it("cuts the 0xff bytes off a prefix's end, and leaves the range open if nothing is left (scenario 6)", () => {
    expect(hexRange(Uint8Array.of(0x61, 0xff, 0xff), { prefix: true })).toEqual(["61ffff", "62"]);
    expect(hexRange(Uint8Array.of(0x61, 0xfe), { prefix: true })).toEqual(["61fe", "61ff"]);
    expect(hexRange(Uint8Array.of(0xff, 0xff), { prefix: true })).toEqual(["ffff", "00"]);
  });

  it("has no end from a key on; from the empty key on it is every key (scenario 8)", () => {
    expect(hexRange("b", { fromKey: true })).toEqual(["62", "00"]);
    expect(hexRange("", { fromKey: true })).toEqual(["00", "00"]);
  });

  it("takes a range end as it is, an empty one too, which is the one key", () => {
    expect(hexRange("a", { rangeEnd: "c" })).toEqual(["61", "63"]);
    expect(hexRange("c", { rangeEnd: "a" })).toEqual(["63", "61"]);
    expect(hexRange("a", { rangeEnd: "" })).toEqual(["61", ""]);
    expect(hexRange("", { rangeEnd: Uint8Array.of(0) })).toEqual(["", "00"]);
  });

  it.each([
    [{ prefix: true, fromKey: true }, "prefix and fromKey"],
    [{ prefix: true, rangeEnd: "z" }, "prefix and rangeEnd"],
    [{ rangeEnd: "z", fromKey: true }, "rangeEnd and fromKey"],
  ])("refuses two of its options at once: %o", (options, names) => {
    expect(() => keyRange("a", options)).toThrow(new TypeError(`Only one of prefix, rangeEnd and fromKey can be used, got ${names}`));
  });

  it.each([5, null, undefined, ["a"], { length: 1 }])("refuses %o as a key", (key) => {
    expect(() => keyRange(key as Key)).toThrow(TypeError);
    expect(() => keyRange("a", { rangeEnd: (key ?? 0) as Key })).toThrow(/^rangeEnd must be a string or a Uint8Array/);
  });
});

describe("keyBytes()", () => {
  it("names the argument and shows the value when it refuses one", () => {
    const wrong: unknown = 42;
    expect(() => keyBytes(wrong as Key, "key")).toThrow(new TypeError("key must be a string or a Uint8Array, got 42"));
  });
});

describe("prefixEnd()", () => {
  it("lies above every key with the prefix, and not above the next key without it", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
    const steep = fc.array(fc.constantFrom(0, 0x61, 0xfe, 0xff), { minLength: 1, maxLength: 4 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(fc.oneof(bytes, steep), fc.oneof(bytes, steep), (prefix, key) => {
        const startsWithPrefix = Buffer.from(key.subarray(0, prefix.length)).equals(Buffer.from(prefix));
        expect(contains({ key: Buffer.from(prefix), rangeEnd: prefixEnd(prefix) }, key)).toBe(startsWithPrefix);
        expect(contains({ key: Buffer.from(prefix), rangeEnd: prefixEnd(prefix) }, Buffer.concat([prefix, key]))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("does not change the prefix that it was given", () => {
    const prefix = Uint8Array.of(1, 2);
    prefixEnd(prefix);
    expect([...prefix]).toEqual([1, 2]);
  });

  it("is open for an empty prefix", () => {
    expect(isOpenEnded(prefixEnd(new Uint8Array(0)))).toBe(true);
  });
});

describe("contains()", () => {
  it.each([
    ["foo", {}, "foo", true],
    ["foo", {}, "fooLong", false],
    ["foo", { prefix: true }, "fooLong", true],
    ["foo", { prefix: true }, "fop", false],
    ["a", { rangeEnd: "c" }, "a", true],
    ["a", { rangeEnd: "c" }, "bar", true],
    ["a", { rangeEnd: "c" }, "c", false],
    ["b", { fromKey: true }, "a", false],
    ["b", { fromKey: true }, "z", true],
    ["", { prefix: true }, "\0", true],
    ["c", { rangeEnd: "a" }, "b", false],
  ])("of %o %o, key %o: %o", (key, options, other, expected) => {
    expect(contains(keyRange(key, options), Buffer.from(other))).toBe(expected);
  });
});

describe("isOpenEnded()", () => {
  it("is so for the one byte 0x00 alone", () => {
    expect(isOpenEnded(Uint8Array.of(0))).toBe(true);
    expect(isOpenEnded(new Uint8Array(0))).toBe(false);
    expect(isOpenEnded(Uint8Array.of(0, 0))).toBe(false);
    expect(isOpenEnded(Uint8Array.of(1))).toBe(false);
  });
});

describe("keyRange() and the caller's own bytes", () => {
  it("keeps a copy, so that a buffer that is used again does not change what is watched", () => {
    const key = Buffer.from("a");
    const range = keyRange(key);
    key[0] = 0x62;
    expect(range.key.toString()).toBe("a");
  });
});
