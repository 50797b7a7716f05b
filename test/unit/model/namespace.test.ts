import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, keyRange, type KeyRangeOptions } from "../../../src/model/key-range.ts";
import { KeyValue } from "../../../src/model/key-value.ts";
import { Namespace } from "../../../src/model/namespace.ts";
import { DeleteEvent, PutEvent } from "../../../src/model/watch-event.ts";

const anyKey = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
const anyPrefix = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes));
const anyRange = fc.oneof(
  fc.constant<KeyRangeOptions>({}),
  fc.constant<KeyRangeOptions>({ prefix: true }),
  fc.constant<KeyRangeOptions>({ fromKey: true }),
  anyKey.map((rangeEnd): KeyRangeOptions => ({ rangeEnd })),
);

const kvOf = (key: string): KeyValue =>
  KeyValue.from({ key: Buffer.from(key), value: Buffer.from("v"), createRevision: 1n, modRevision: 2n, version: 3n, lease: 4n });

describe("Namespace", () => {
  it("has a key in a range exactly if the server has it in the one that it is asked for", () => {
    fc.assert(
      fc.property(anyPrefix, anyKey, anyRange, anyKey, (prefix, from, options, key) => {
        const namespace = new Namespace(prefix);
        const range = keyRange(from, options);
        expect(contains(namespace.range(range), namespace.key(key))).toBe(contains(range, key));
        expect(contains(namespace.watchRange(range), namespace.key(key))).toBe(contains(range, key));
      }),
      { numRuns: 2_000 },
    );
  });

  it("never asks for a key outside, whatever the range", () => {
    fc.assert(
      fc.property(anyPrefix, fc.uint8Array({ maxLength: 3 }), anyRange, anyKey, (prefix, from, options, outside) => {
        fc.pre(!prefix.equals(outside.subarray(0, prefix.length)));
        const namespace = new Namespace(prefix);
        const range = keyRange(from, options);
        expect(contains(namespace.watchRange(range), outside)).toBe(false);
        if (range.key.length > 0) expect(contains(namespace.range(range), outside)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves an empty key to the server to refuse, but not that of a watch, which is the first key", () => {
    const namespace = new Namespace("ns/");
    expect(namespace.key(Buffer.alloc(0)).length).toBe(0);
    expect(namespace.watchRange(keyRange("", {})).key.toString()).toBe("ns/\0");
  });

  it("takes itself off the keys of an event", () => {
    const namespace = new Namespace("ns/");
    const put = namespace.event(new PutEvent(kvOf("ns/a"), kvOf("ns/a")));
    expect([put.type, put.kv.keyText, put.prevKv?.keyText, put.kv.valueText, put.kv.modRevision, put.kv.lease]).toEqual([
      "put",
      "a",
      "a",
      "v",
      2n,
      4n,
    ]);
    const gone = namespace.event(new DeleteEvent(kvOf("ns/b"), undefined));
    expect([gone.type, gone.kv.keyText, gone.prevKv]).toEqual(["delete", "b", undefined]);
  });

  it("must be something", () => {
    expect(() => new Namespace("")).toThrow(TypeError);
    expect(() => new Namespace(5 as never)).toThrow(TypeError);
  });
});
