import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { KeyValue } from "../../../src/model/key-value.ts";

const fields = { createRevision: 2n, modRevision: 5n, version: 3n, lease: 0n };
const keyValue = (key: string, value: string): KeyValue => KeyValue.from({ ...fields, key: Buffer.from(key), value: Buffer.from(value) });

describe("KeyValue", () => {
  it("gives key and value as UTF-8 text", () => {
    const kv = keyValue("schlüssel", "wert €");
    expect(kv.keyText).toBe("schlüssel");
    expect(kv.valueText).toBe("wert €");
  });

  it("keeps bytes that are no text unchanged (scenario 12)", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const kv = KeyValue.from({ ...fields, key: all, value: all });
    expect([...kv.key]).toEqual([...all]);
    expect([...kv.value]).toEqual([...all]);
    expect(Buffer.isBuffer(kv.key)).toBe(true);
  });

  it("parses a value that is JSON, and throws for one that is not", () => {
    expect(keyValue("a", '{"port":80}').json<{ port: number }>().port).toBe(80);
    expect(() => keyValue("a", "port 80").json()).toThrow(SyntaxError);
    expect(() => keyValue("a", "").json()).toThrow(SyntaxError);
  });

  it("looks at the bytes it was given; copy() has its own", () => {
    const bytes = Buffer.from("abc");
    const kv = KeyValue.from({ ...fields, lease: -4n, key: bytes, value: bytes });
    const copy = kv.copy();
    bytes[0] = 0x7a;
    expect(kv.keyText).toBe("zbc");
    expect(copy.keyText).toBe("abc");
    expect(copy.valueText).toBe("abc");
    expect(copy).toMatchObject({ ...fields, lease: -4n });
  });

  it("has etcdctl's JSON form: base64, nothing that is empty, the lease as a string", () => {
    expect(JSON.stringify(keyValue("a", "2"))).toBe('{"key":"YQ==","create_revision":2,"mod_revision":5,"version":3,"value":"Mg=="}');
    expect(JSON.stringify(keyValue("c", ""))).toBe('{"key":"Yw==","create_revision":2,"mod_revision":5,"version":3}');
    const leased = KeyValue.from({ ...fields, key: Buffer.from("c"), value: Buffer.from("1"), lease: 2324035549276934168n });
    expect(leased.toJSON()["lease"]).toBe("2324035549276934168");
  });

  it("writes revisions beyond 2^53 as strings", () => {
    const kv = KeyValue.from({ ...fields, key: Buffer.from("a"), value: Buffer.alloc(0), modRevision: 2n ** 60n });
    expect(kv.toJSON()["mod_revision"]).toBe("1152921504606846976");
  });

  it("gives the same Buffer each time, and one over the bytes it came in", () => {
    const bytes = Buffer.from("..key..value..");
    const kv = new KeyValue(bytes, 2, 5, 7, 12, 1, 2, 3, 4);
    expect([kv.keyText, kv.valueText]).toEqual(["key", "value"]);
    expect(kv.key).toBe(kv.key);
    expect(kv.value).toBe(kv.value);
    expect(kv.value.buffer).toBe(bytes.buffer);
    expect([kv.keyText, kv.valueText, kv.createRevision, kv.modRevision, kv.version, kv.lease]).toEqual(["key", "value", 1n, 2n, 3n, 4n]);
  });

  it("has an empty key and an empty value wherever they are said to be", () => {
    const kv = new KeyValue(Buffer.from("abc"), 0, 0, 3, 3, 0, 2, 0, 0);
    expect([kv.key.length, kv.value.length, kv.keyText, kv.valueText]).toEqual([0, 0, "", ""]);
  });

  it("is not equal to another key in a deep comparison, and is to a copy", () => {
    expect(keyValue("a", "1")).not.toEqual(keyValue("a", "2"));
    expect(keyValue("a", "1")).not.toEqual(keyValue("b", "1"));
    const decoded = new KeyValue(Buffer.from("ab1"), 1, 2, 2, 3, 2, 5, 3, 0);
    expect(decoded.copy()).toEqual(keyValue("b", "1"));
    expect(decoded).not.toEqual(keyValue("b", "2"));
  });

  it("shows its fields on a console", () => {
    expect(inspect(keyValue("a", "1"))).toBe(
      "{\n  key: <Buffer 61>,\n  value: <Buffer 31>,\n  createRevision: 2n,\n  modRevision: 5n,\n  version: 3n,\n  lease: 0n\n}",
    );
  });
});
