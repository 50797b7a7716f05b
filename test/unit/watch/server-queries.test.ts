import { describe, expect, it } from "vitest";
import { keyRange } from "../../../src/model/key-range.ts";
import { currentRevision, isProgressOrdered, serverVersion } from "../../../src/watch/server-queries.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { watcherHarness } from "../../support/watcher-harness.ts";

describe("isProgressOrdered()", () => {
  const versions: Record<string, boolean> = {
    "3.3.27": false,
    "3.4.0": false,
    "3.4.24": false,
    "3.4.25": true,
    "3.4.38": true,
    "3.5.0": false,
    "3.5.7": false,
    "3.5.8": true,
    "3.5.30": true,
    "3.6.0": true,
    "3.6.0-rc.1": true,
    "v3.5.12": true,
    "3.10.0": true,
    "4.0.0": true,
    "2.3.8": false,
    "": false,
    "not decided": false,
    "3.5": false,
    "3.5.x": false,
  };
  for (const [version, isOrdered] of Object.entries(versions)) {
    it(`of "${version}": ${isOrdered}`, () => {
      expect(isProgressOrdered(version)).toBe(isOrdered);
    });
  }
});

describe("currentRevision()", () => {
  it("reads the watched range itself, as little of it as can be, and linearizably", async () => {
    const { host, transport } = watcherHarness();
    transport.rangeRevision = { value: 77n };
    expect(await currentRevision(host, keyRange("a", { prefix: true }))).toBe(77n);
    expect(transport.rangeRequests).toMatchObject([
      { key: Buffer.from("a"), rangeEnd: Buffer.from("b"), limit: 1n, keysOnly: true, serializable: false, revision: 0n },
    ]);
  });

  it("reads 0x00 in place of an empty key, which a server would refuse to read", async () => {
    const { host, transport } = watcherHarness();
    await currentRevision(host, keyRange(""));
    expect(transport.rangeRequests).toMatchObject([{ key: Buffer.from([0]) }]);
  });
});

it("what is asked may be sent again: nothing is written", () => {
  const transport = new FakeUnaryTransport();
  const host = { ...watcherHarness().host, transport };
  void currentRevision(host, keyRange("a"));
  void serverVersion(host, "fake:2379");
  expect(transport.calls.map(({ options }) => options.repeatable)).toEqual([true, true]);
});

describe("serverVersion()", () => {
  it("asks the endpoint that was named", async () => {
    const { host, transport } = watcherHarness({ endpoints: ["one:2379", "two:2379"] });
    transport.version = { value: "3.6.1" };
    expect(await serverVersion(host, "two:2379")).toBe("3.6.1");
    expect(transport.statusRequests).toEqual(["two:2379"]);
  });
});
