import { describe, expect, it } from "vitest";
import { checkOptions, showValue, type OptionKinds } from "../../../src/util/option-check.ts";

interface Options {
  readonly loud?: boolean | undefined;
  readonly limit?: number | undefined;
}
const kinds: OptionKinds<Options> = { loud: "flag", limit: "value" };
const check = (options: unknown): void => {
  checkOptions(options as Options, kinds, "shout");
};

describe("checkOptions()", () => {
  it.each([{}, { loud: true }, { loud: undefined, limit: 3 }, { quiet: undefined }])("takes %o", (options) => {
    expect(() => {
      check(options);
    }).not.toThrow();
  });

  it("refuses a name that the call does not have, and says which it has", () => {
    expect(() => {
      check({ Loud: true });
    }).toThrow(new TypeError("shout does not take Loud (true), only loud, limit"));
  });

  it.each(["constructor", "toString", "__proto__"])("is not taken in by %s", (name) => {
    expect(() => {
      check(Object.fromEntries([[name, 1]]));
    }).toThrow(TypeError);
  });

  it("refuses a flag that is not a boolean", () => {
    expect(() => {
      check({ loud: "no" });
    }).toThrow(new TypeError("loud of shout must be true or false, got 'no'"));
  });

  it.each([null, 5, "text", true])("refuses %o in place of an object", (options) => {
    expect(() => {
      check(options);
    }).toThrow(new TypeError(`shout takes an object, got ${showValue(options)}`));
  });
});

describe("showValue()", () => {
  it("is short, whatever the value", () => {
    expect(showValue("x".repeat(10_000)).length).toBeLessThan(200);
    expect(showValue(new Array(10_000).fill(1)).length).toBeLessThan(200);
  });

  it.each([
    [5n, "5n"],
    [-1, "-1"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [{ a: 1 }, "{ a: 1 }"],
  ])("shows %o as %s", (value, text) => {
    expect(showValue(value)).toBe(text);
  });
});
