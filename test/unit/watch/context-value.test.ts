import { describe, expect, it } from "vitest";
import { contextValue } from "../../../src/watch/context-value.ts";

describe("contextValue()", () => {
  it("is equal for equal metadata, in whatever order and case its names were written", () => {
    const one = contextValue({ b: "2", A: ["1"] });
    expect(contextValue({ a: "1", B: ["2"] })).toEqual(one);
    expect(one.metadata).toEqual({ hasleader: ["true"], b: ["2"], a: ["1"] });
  });

  it("differs with every name, value, order of values, and with requireLeader", () => {
    const ids = [
      contextValue(),
      contextValue({}, false),
      contextValue({ a: "1" }),
      contextValue({ a: "2" }),
      contextValue({ a: ["1", "2"] }),
      contextValue({ a: ["2", "1"] }),
      contextValue({ a: "1,2" }),
      contextValue({ a: "1", b: "2" }),
      contextValue({ a: "" }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("leaves a hasleader of the user's own as it is", () => {
    expect(contextValue({ HasLeader: "false" }).metadata).toEqual({ hasleader: ["false"] });
  });

  for (const metadata of [
    { "": "x" },
    { "a b": "x" },
    { "grpc-timeout": "1" },
    { "x-bin": "1" },
    { é: "x" },
    { a: "line\nbreak" },
    { a: "é" },
  ]) {
    it(`refuses ${JSON.stringify(metadata)}`, () => {
      expect(() => contextValue(metadata)).toThrow(TypeError);
    });
  }
});

describe("contextValue() and names that are HTTP's own", () => {
  it.each([
    "connection",
    "Upgrade",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "http2-settings",
    "te",
    "host",
    "content-length",
    "etag",
    "access-control-max-age",
  ])("refuses %s, which would cut every stream of the client", (name) => {
    expect(() => contextValue({ [name]: "x" })).toThrow(TypeError);
    expect(() => contextValue({ [name]: "x" })).toThrow(name);
  });

  it("takes one authorization, not two, and no name in two spellings", () => {
    expect(contextValue({ authorization: "a" }).metadata).toMatchObject({ authorization: ["a"] });
    expect(() => contextValue({ authorization: ["a", "b"] })).toThrow(TypeError);
    expect(() => contextValue({ A: "1", a: "2" })).toThrow(TypeError);
  });

  it("refuses what is no plain object", () => {
    for (const metadata of [5, "abc", ["x"], new Map([["a", "b"]]), null]) {
      expect((): void => {
        Reflect.apply(contextValue, undefined, [metadata]);
      }).toThrow(TypeError);
    }
  });
});
