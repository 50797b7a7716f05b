import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryOf } from "../../../src/cache/entry.ts";
import { cachedId, keyId, keyTextOf } from "../../../src/cache/key-id.ts";
import { ListCopies, ownCopy } from "../../../src/cache/own-copy.ts";
import { KeyValue } from "../../../src/model/key-value.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const revision = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const fields = fc.record({
  key: fc.oneof(
    bytes,
    fc.string().map((text) => Buffer.from(text)),
  ),
  value: fc.oneof(bytes, fc.uint8Array({ minLength: 1_000, maxLength: 1_100 })),
  createRevision: revision,
  modRevision: revision,
  version: revision,
  lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

function plain({ key, value, createRevision, modRevision, version, lease }: KeyValue) {
  return { key: key.toString("hex"), value: value.toString("hex"), createRevision, modRevision, version, lease };
}

describe("A cached key", () => {
  it("comes out as it went in, bytes that are no text included, and is known again", () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        const kv = KeyValue.from(one);
        for (const entry of [entryOf(kv, "made of it"), entryOf<KeyValue>(kv, kv)]) {
          expect(plain(entry.kv)).toEqual(plain(kv));
          expect(entry.id).toBe(keyId(kv.key));
          expect(entry.isSame(KeyValue.from(one))).toBe(true);
          expect(entry.isSame(KeyValue.from({ ...one, modRevision: one.modRevision ^ 1n }))).toBe(false);
          expect(entry.isSame(KeyValue.from({ ...one, value: other.value }))).toBe(Buffer.from(one.value).equals(other.value));
        }
        expect([cachedId(kv), keyTextOf(cachedId(kv))]).toEqual([keyId(kv.key), kv.keyText]);
      }),
    );
  });

  it("is copied, by itself and with those of its list, and shares nothing with the answer that it came in", () => {
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 40 }), (many) => {
        const list = new ListCopies();
        const kvs = many.map((each) => KeyValue.from(each));
        const expected = kvs.map(plain);
        const copies = [kvs.map(ownCopy), kvs.map((kv) => list.copy(kv))];
        for (const kv of kvs) for (const part of [kv.key, kv.value]) part.fill(0);
        for (const copied of copies) expect(copied.map(plain)).toEqual(expected);
      }),
    );
  });
});
