import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteGo, unquoteGo } from "../../../../src/cli/output/go-quote.ts";
import { argify } from "../../../../src/cli/parse/argify.ts";

describe("quoteGo()", () => {
  // As strconv.Quote of Go has them.
  it.each([
    ["hello", '"hello"'],
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ["\u0007\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\u0000\u001b\u007f", '"\\x00\\x1b\\x7f"'],
    ["é żółć 日本 😀", '"é żółć 日本 😀"'],
    ["\u00a0\u2028\ufeff", '"\\u00a0\\u2028\\ufeff"'],
    ["\u{e0001}", '"\\U000e0001"'],
    ["\ufffd", '"\ufffd"'],
  ])("writes %j as %s", (text, quoted) => {
    expect(quoteGo(text)).toBe(quoted);
  });

  it.each([
    [[0xff, 0x41], '"\\xffA"'],
    [[0xc3], '"\\xc3"'],
    [[0xe2, 0x82], '"\\xe2\\x82"'],
    [[0xed, 0xa0, 0x80], '"\\xed\\xa0\\x80"'],
    [[0xc0, 0x80], '"\\xc0\\x80"'],
    [[0xf4, 0x90, 0x80, 0x80], '"\\xf4\\x90\\x80\\x80"'],
  ])("writes the bytes %j, which are no UTF-8, as %s", (bytes, quoted) => {
    expect(quoteGo(Buffer.from(bytes))).toBe(quoted);
  });

  it("is undone by unquoteGo(), whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => unquoteGo(quoteGo(bytes)).equals(Buffer.from(bytes))));
  });
});

describe("unquoteGo()", () => {
  it("knows octal, hexadecimal and Unicode escapes", () => {
    expect(unquoteGo('"\\101\\x42\\u0043\\U00000044\\377"')).toEqual(Buffer.concat([Buffer.from("ABCD"), Buffer.from([0xff])]));
  });

  it.each(['"\\q"', '"\\x4"', '"\\ud800"', '"\\U00110000"', '"\\400"', "abc", '"'])("refuses %s", (literal) => {
    expect(() => unquoteGo(literal)).toThrow(SyntaxError);
  });
});

describe("argify()", () => {
  it("splits a line into words, quoted and not", () => {
    expect(argify(`put  'a b' "c\\td" e "" --x=1`).map(({ text }) => text)).toEqual(["put", "a b", "c\td", "e", "", "--x=1"]);
    expect(argify('"\\xff"')[0]?.bytes).toEqual(Buffer.from([0xff]));
    expect(argify("  ")).toEqual([]);
  });
});
