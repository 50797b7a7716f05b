import { describe, expect, it } from "vitest";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

describe("WatchChannel.requestProgress(), called wrongly", () => {
  it.each([
    [null, TypeError, "got null"],
    [5, TypeError, "got 5"],
    ["x", TypeError, "got 'x'"],
    [{ timeOutMs: 5 }, TypeError, "does not take timeOutMs (5)"],
    [{ timeoutMs: null }, RangeError, "got null"],
    [{ timeoutMs: 0 }, RangeError, "got 0"],
    [{ timeoutMs: -1 }, RangeError, "got -1"],
    [{ timeoutMs: NaN }, RangeError, "got NaN"],
    [{ timeoutMs: "5" }, RangeError, "got '5'"],
    [{ signal: null }, TypeError, "got null"],
    [{ signal: 5 }, TypeError, "got 5"],
    [{ signal: {} }, TypeError, "got {}"],
  ])("throws at once for %o, and sends nothing", async (options, errorClass, shown) => {
    const { watcher, transport } = watcherHarness();
    const channel = watcher.watch("k");
    expect(() => channel.requestProgress(options as never)).toThrow(errorClass);
    expect(() => channel.requestProgress(options as never)).toThrow(shown);
    await settle();
    expect(transport.rangeRequests).toEqual([]);
    await watcher.close();
  });
});

describe("Watcher.requestProgress(), called wrongly", () => {
  it.each([
    [null, "got null"],
    [5, "got 5"],
    [{ foo: 1 }, "does not take foo (1)"],
    [{ requireLeader: 1 }, "got 1"],
    [{ metadata: null }, "got null"],
    [{ metadata: { a: 5 } }, "got 5"],
    [{ signal: 5 }, "got 5"],
  ])("throws a TypeError at once for %o", async (options, shown) => {
    const { watcher } = watcherHarness();
    expect(() => watcher.requestProgress(options as never)).toThrow(TypeError);
    expect(() => watcher.requestProgress(options as never)).toThrow(shown);
    await watcher.close();
  });
});
