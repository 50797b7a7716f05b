import { describe, expect, it } from "vitest";
import { KeyValue } from "../../../src/model/key-value.ts";

const fields = { createRevision: 2n, modRevision: 5n, version: 3n, lease: 0n };
const keyValue = (key: string, value: string): KeyValue => new KeyValue({ ...fields, key: Buffer.from(key), value: Buffer.from(value) });

describe("KeyValue", () => {
  it("gives key and value as UTF-8 text", () => {
    const kv = keyValue("schlüssel", "wert €");
    expect(kv.keyText).toBe("schlüssel");
    expect(kv.valueText).toBe("wert €");
  });

  it("keeps bytes that are no text unchanged (scenario 12)", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const kv = new KeyValue({ ...fields, key: all, value: all });
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
    const kv = new KeyValue({ ...fields, lease: -4n, key: bytes, value: bytes });
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
    const leased = new KeyValue({ ...fields, key: Buffer.from("c"), value: Buffer.from("1"), lease: 2324035549276934168n });
    expect(leased.toJSON()["lease"]).toBe("2324035549276934168");
  });

  it("writes revisions beyond 2^53 as strings", () => {
    const kv = new KeyValue({ ...fields, key: Buffer.from("a"), value: Buffer.alloc(0), modRevision: 2n ** 60n });
    expect(kv.toJSON()["mod_revision"]).toBe("1152921504606846976");
  });
});
