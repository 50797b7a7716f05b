import { describe, expect, it } from "vitest";
import { DEFAULT_WATCH_BUFFER, watchBuffer, type WatchOptions, watchSpec } from "../../../src/watch/watch-options.ts";
import { watcherHarness } from "../../support/watcher-harness.ts";
import { showValue } from "../../../src/util/option-check.ts";

const DEFAULTS = { buffer: DEFAULT_WATCH_BUFFER };

/** As a caller without types would have it. */
const loose = (options: object): WatchOptions => options;

describe("watchSpec()", () => {
  it("has clientv3's defaults, but requires a leader", () => {
    expect(watchSpec("a", {}, DEFAULTS)).toEqual({
      range: { key: Buffer.from("a"), rangeEnd: Buffer.alloc(0) },
      startRevision: 0n,
      prevKv: false,
      progressNotify: false,
      createdNotify: false,
      fragment: false,
      filters: [],
      maxBytes: 4 * 1024 * 1024,
      whenFull: "park",
    });
  });

  it("takes the client's defaults where the watch says nothing", () => {
    const spec = watchSpec("a", { buffer: { maxBytes: 7 } }, { buffer: { maxBytes: 5, whenFull: "fail" } });
    expect(spec).toMatchObject({ maxBytes: 7, whenFull: "fail" });
  });

  it("takes a start revision as a bigint or a safe integer, and keeps all 64 bits", () => {
    expect(watchSpec("a", { startRevision: 12 }, DEFAULTS).startRevision).toBe(12n);
    expect(watchSpec("a", { startRevision: 2n ** 63n - 1n }, DEFAULTS).startRevision).toBe(2n ** 63n - 1n);
  });

  for (const startRevision of [-1n, -1, 1.5, 2 ** 53, Number.NaN, 2n ** 63n]) {
    it(`refuses start revision ${startRevision} with a RangeError that shows it`, () => {
      expect(() => watchSpec("a", { startRevision }, DEFAULTS)).toThrow(RangeError);
      expect(() => watchSpec("a", { startRevision }, DEFAULTS)).toThrow(String(startRevision));
    });
  }

  const wrong: readonly [string, object][] = [
    ["[14] two ranges at once", { prefix: true, rangeEnd: "b" }],
    ["prefix and fromKey", { prefix: true, fromKey: true }],
    ["[15] lease", { lease: 1n }],
    ["[15] limit", { limit: 1 }],
    ["[15] sort", { sort: {} }],
    ["[15] serializable", { serializable: true }],
    ["[15] countOnly", { countOnly: true }],
    ["[15] minModRevision", { minModRevision: 1n }],
    ["a misspelt option", { startrevision: 1n }],
    ["a flag that is no boolean", { prevKv: "yes" }],
    ["requireLeader that is no boolean", { requireLeader: 1 }],
    ["a filter that does not exist", { filters: ["noget"] }],
    ["a decoder that is no function", { decode: {} }],
    ["a signal that is none", { signal: {} }],
    ["whenFull of another word", { buffer: { whenFull: "drop" } }],
  ];
  for (const [what, options] of wrong) {
    it(`refuses ${what} with a TypeError`, () => {
      expect(() => watchSpec("a", loose(options), DEFAULTS)).toThrow(TypeError);
    });
  }

  it.each([[null], [5], [true], [""], ["x"], [() => 1], [Symbol("s")], [[1]], [new Map([["prefix", true]])]])(
    "refuses %o as options and shows it",
    (options) => {
      expect(() => watchSpec("a", options as never, DEFAULTS)).toThrow(
        new TypeError(`watch takes a plain object, got ${showValue(options)}`),
      );
    },
  );

  const flags = ["prefix", "fromKey", "prevKv", "progressNotify", "createdNotify", "fragment", "requireLeader"];
  it.each(flags.flatMap((flag) => [null, 0, 1, "", "false", {}].map((value) => ({ [flag]: value }))))("refuses the flag %o", (options) => {
    expect(() => watchSpec("a", loose(options), DEFAULTS)).toThrow(/^\w+ of watch must be true or false, got /);
  });

  it.each([
    [{ startRevision: null }, RangeError, null],
    [{ startRevision: "5" }, RangeError, "5"],
    [{ filters: null }, TypeError, null],
    [{ filters: "noput" }, TypeError, "noput"],
    [{ filters: new Set(["noput"]) }, TypeError, new Set(["noput"])],
    [{ filters: [5n] }, TypeError, 5n],
    [{ signal: null }, TypeError, null],
    [{ decode: null }, TypeError, null],
    [{ decode: { a: 1 } }, TypeError, { a: 1 }],
    [{ buffer: null }, TypeError, null],
    [{ buffer: 5 }, TypeError, 5],
    [{ buffer: { max: 5 } }, TypeError, 5],
    [{ buffer: { maxBytes: null } }, RangeError, null],
    [{ buffer: { maxBytes: 10n } }, RangeError, 10n],
    [{ buffer: { whenFull: 5n } }, TypeError, 5n],
  ])("refuses %o and shows the value", (options, errorClass, shown) => {
    expect(() => watchSpec("a", loose(options), DEFAULTS)).toThrow(errorClass);
    expect(() => watchSpec("a", loose(options), DEFAULTS)).toThrow(showValue(shown));
  });

  it("keeps filters of its own: what happens to the array later does not matter", () => {
    const filters: ("noput" | "nodelete")[] = ["noput"];
    const spec = watchSpec("a", { filters }, DEFAULTS);
    filters.pop();
    expect(spec.filters).toEqual(["noput"]);
  });

  it("refuses a key that is neither text nor bytes", () => {
    const key: unknown = 7;
    expect(() => watchSpec(key as string, {}, DEFAULTS)).toThrow(TypeError);
  });
});

describe("watchBuffer()", () => {
  it("has 4 MiB and parks", () => {
    expect(watchBuffer()).toEqual({ maxBytes: 4_194_304, whenFull: "park" });
  });

  for (const maxBytes of [0, -1, 1.5, Number.NaN, Infinity]) {
    it(`refuses maxBytes ${maxBytes}`, () => {
      expect(() => watchBuffer({ maxBytes })).toThrow(RangeError);
    });
  }

  it.each([
    [{ "a b": "c" }, "a b"],
    [null, null],
    [{ a: 5n }, 5n],
  ])("a watch with the metadata %o, which gRPC cannot carry, is refused with a TypeError that shows it", (metadata, shown) => {
    const { watcher, transport } = watcherHarness();
    expect(() => watcher.watch("a", loose({ metadata }))).toThrow(TypeError);
    expect(() => watcher.watch("a", loose({ metadata }))).toThrow(showValue(shown));
    expect(transport.connections).toHaveLength(0);
  });
});
