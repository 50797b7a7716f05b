import { describe, expect, it } from "vitest";
import { jsonText, omitEmpty } from "../../../../src/cli/output/json-text.ts";

describe("jsonText()", () => {
  it("writes 64-bit integers as bare numbers, to the last digit", () => {
    expect(jsonText({ id: 2n ** 64n - 1n, lease: -(2n ** 63n), small: 7 })).toBe(
      '{"id":18446744073709551615,"lease":-9223372036854775808,"small":7}',
    );
  });

  it("writes bytes as base64, and what Go escapes as Go does", () => {
    expect(jsonText({ key: Buffer.from("hello"), of: new Uint8Array([255]), text: '<a & b>\u2028"\n' })).toBe(
      '{"key":"aGVsbG8=","of":"/w==","text":"\\u003ca \\u0026 b\\u003e\\u2028\\"\\n"}',
    );
    expect(jsonText({ part: Buffer.from("xhellox").subarray(1, 6) })).toBe('{"part":"aGVsbG8="}');
  });

  it("keeps the order of fields, null and empty lists, and leaves undefined out", () => {
    expect(jsonText({ b: null, a: [], c: undefined, d: [{ e: true }, "f"] })).toBe('{"b":null,"a":[],"d":[{"e":true},"f"]}');
  });
});

describe("omitEmpty()", () => {
  it("leaves out zero, empty and false, and nothing else", () => {
    const kept = { one: 1n, text: "x", yes: true, list: [0n], form: {}, bytes: Buffer.from("x") };
    expect(
      omitEmpty({ ...kept, zero: 0n, none: 0, empty: "", no: false, nothing: [], noBytes: Buffer.alloc(0), missing: undefined }),
    ).toEqual(kept);
  });
});
