import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { checkOptions, checkSignal, checkTimeout, showValue, type OptionKinds } from "../../../src/util/option-check.ts";

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

  it.each([
    [null],
    [5],
    ["text"],
    [true],
    [Symbol("s")],
    [() => 1],
    [[]],
    [["loud"]],
    [new Map([["loud", true]])],
    [new AbortController().signal],
  ])("refuses %o in place of a plain object", (options) => {
    expect(() => {
      check(options);
    }).toThrow(new TypeError(`shout takes a plain object, got ${showValue(options)}`));
  });

  it("takes an object without a prototype, and one of another realm", () => {
    expect(() => {
      check(Object.assign(Object.create(null), { loud: true }));
      check(runInNewContext("({ loud: true })"));
    }).not.toThrow();
  });

  it("takes an object of a class if it has an option of the call, as an AbortController has a signal", () => {
    const { signal } = new AbortController();
    expect(() => {
      checkOptions<{ readonly signal: AbortSignal }>(new AbortController(), { signal: "value" }, "shout");
    }).not.toThrow();
    expect(() => {
      checkOptions<object>(signal, { signal: "value" }, "shout");
    }).toThrow(TypeError);
  });

  it("shows values in another way if that is asked for: some are secret", () => {
    const secret: object = { key: "secret" };
    expect(() => {
      checkOptions(secret, { cert: "value" }, "tls", (value) => typeof value);
    }).toThrow(new TypeError("tls does not take key (string), only cert"));
  });
});

describe("checkSignal()", () => {
  it("takes a signal, one of another realm too, and none", () => {
    const { signal } = new AbortController();
    expect(checkSignal(signal)).toBe(signal);
    expect(checkSignal(undefined)).toBeUndefined();
    const foreign = { aborted: false, addEventListener: () => undefined };
    expect(checkSignal(foreign as never)).toBe(foreign);
  });

  it.each([null, 5, "x", {}, new EventTarget(), new AbortController()])("refuses %o and shows it", (signal) => {
    expect(() => checkSignal(signal as never)).toThrow(new TypeError(`signal must be an AbortSignal, got ${showValue(signal)}`));
  });
});

describe("checkTimeout()", () => {
  it.each([0.5, 1, 10_000, 2 ** 31 - 1])("takes %d ms as they are", (timeoutMs) => {
    expect(checkTimeout(timeoutMs, "timeoutMs")).toBe(timeoutMs);
  });

  it.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, 1e300, Infinity])("takes %d ms for no limit: no timer is that long", (timeoutMs) => {
    expect(checkTimeout(timeoutMs, "timeoutMs")).toBe(Infinity);
  });

  it.each([null, 0, -1, NaN, "5", 5n, {}])("refuses %o and shows it", (timeoutMs) => {
    expect(() => checkTimeout(timeoutMs as never, "timeoutMs")).toThrow(
      new RangeError(`timeoutMs must be a number of ms above 0, got ${showValue(timeoutMs)}`),
    );
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
