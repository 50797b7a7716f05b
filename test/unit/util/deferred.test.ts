import { describe, expect, it } from "vitest";
import { deferred } from "../../../src/util/deferred.ts";

describe("deferred()", () => {
  it("resolves from outside, once", async () => {
    const { promise, resolve, reject } = deferred<number>();
    resolve(1);
    resolve(2);
    reject(new Error("too late"));
    expect(await promise).toBe(1);
  });

  it("rejects from outside", async () => {
    const { promise, reject } = deferred<number>();
    reject(new Error("broken"));
    await expect(promise).rejects.toThrow("broken");
  });
});
