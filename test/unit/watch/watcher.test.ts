import { describe, expect, it } from "vitest";
import { WatchCreateRequest } from "../../../src/gen/rpc.ts";
import { watcherHost } from "../../../src/watch/watcher-host.ts";
import { Watcher } from "../../../src/watch/watcher.ts";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

describe("the streams of a watcher", () => {
  it("[169] are one for equal metadata and requireLeader, and another for anything else", async () => {
    const { watcher, transport } = watcherHarness();
    watcher.watch("a");
    watcher.watch("b", { requireLeader: true, metadata: {} });
    watcher.watch("c", { metadata: { hasleader: "true" } });
    expect(transport.duplexCalls).toBe(1);
    watcher.watch("d", { requireLeader: false });
    expect(transport.duplexCalls).toBe(2);
    watcher.watch("e", { metadata: { team: "x" } });
    watcher.watch("f", { metadata: { team: "x" }, requireLeader: false });
    watcher.watch("g", { metadata: { team: ["x", "y"] } });
    expect(transport.duplexCalls).toBe(5);
    expect(transport.connections.map(({ metadata }) => metadata)).toEqual([
      { hasleader: ["true"] },
      {},
      { hasleader: ["true"], team: ["x"] },
      { team: ["x"] },
      { hasleader: ["true"], team: ["x", "y"] },
    ]);
    await watcher.close();
  });

  it("[170] do not depend on the order or the identity of the metadata, nor on any other option", async () => {
    const { watcher, transport } = watcherHarness();
    watcher.watch("a", { metadata: { one: "1", two: "2" }, signal: new AbortController().signal });
    watcher.watch("b", { metadata: { two: "2", one: "1" }, startRevision: 7n, fragment: true, prevKv: true });
    watcher.watch("c", { metadata: { TWO: ["2"], One: "1" }, buffer: { maxBytes: 1 } });
    expect(transport.duplexCalls).toBe(1);
    await watcher.close();
  });

  it("[171] do not hang on the signal of the watch that opened them", () =>
    watchScenario()
      .userWatches("first")
      .serverCreates("first", { revision: 1n })
      .userWatches("second")
      .serverCreates("second", { revision: 1n })
      .userAborts("first")
      .expectConnections(["open"])
      .serverSends("second", [put("second", 2n)])
      .expectEvents("second", [2n])
      .run());

  it("[172] each have ids of their own: two with id 0 do not mix, and the first create is plain", () =>
    watchScenario()
      .userWatches("a", { metadata: { stream: "1" } })
      .userWatches("b", { metadata: { stream: "2" } })
      .expectCreateRequest("a", { watchId: 0n })
      .expectCreateRequest("b", { watchId: 0n })
      .serverCreates("a", { watchId: 0n, revision: 1n })
      .serverCreates("b", { watchId: 0n, revision: 1n })
      .serverSends("a", [put("a", 2n)])
      .serverSends("b", [put("b", 3n)])
      .expectEvents("a", [2n])
      .expectEvents("b", [3n])
      .userCancels("a")
      .expectNoEnd("b")
      .run());

  it("are not shared by two watchers of one client", async () => {
    const { watcher, transport, host } = watcherHarness();
    const other = new Watcher({ [watcherHost]: host });
    watcher.watch("a");
    other.watch("a");
    expect(transport.duplexCalls).toBe(2);
    await other.close();
    await settle();
    expect(transport.connections.map(({ state }) => state)).toEqual(["open", "cancelled"]);
    await watcher.close();
    expect(host.watchers.size).toBe(0);
  });

  it("survive the thousandth time that the last watch leaves and another comes", async () => {
    const { watcher, transport } = watcherHarness();
    for (let round = 0; round < 1_000; round++) {
      const watch = watcher.watch("k");
      if (round % 3 === 0) await settle();
      watch.cancel();
    }
    await settle();
    expect(transport.connections.filter(({ state }) => state === "open")).toEqual([]);
    await watcher.close();
  });
});

describe("Watcher.close()", () => {
  it("[64] ends every watch quietly, on every stream, and can be called again", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .userWatches("b", { metadata: { stream: "2" } })
      .userWatches("c")
      .userCloses()
      .expectEnd("a", "quietly")
      .expectEnd("b", "quietly")
      .expectEnd("c", "quietly")
      .expectConnections(["cancelled", "cancelled"])
      .userCloses()
      .run());

  it("drops what was not read, which a new watch from resumeRevision will see", () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 2n })
      .serverCreates("a")
      .serverSends("a", [put("a", 2n)])
      .serverSends("a", [put("a", 3n)])
      .userReads("a")
      .expectEvents("a", [2n])
      .userCloses()
      .userReads("a")
      .expectNothing("a")
      .expectEnd("a", "quietly")
      .expectResumeRevision("a", 3n)
      .expectThat("nothing is held", (_, watch) => {
        expect(watch("a").channel.status).toMatchObject({ state: "ended", bufferedBytes: 0, bufferedResponses: 0 });
      })
      .run());

  it("[66] [67] makes a later watch end with ClosedError, and a later requestProgress() reject with it", async () => {
    const { watcher, transport } = watcherHarness();
    await watcher.close();
    const watch = watcher.watch("a");
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "ClosedError", code: "CLOSED" });
    await expect(watch.created).rejects.toMatchObject({ name: "ClosedError" });
    await expect(watch.requestProgress()).rejects.toMatchObject({ name: "ClosedError" });
    await expect(watcher.requestProgress()).rejects.toMatchObject({ name: "ClosedError" });
    expect(() => watcher.watch("a", { startRevision: -1n })).toThrow(RangeError);
    expect(transport.duplexCalls).toBe(0);
  });

  it("does not wait for a server: neither for an open that hangs, nor during a backoff", async () => {
    const { watcher, transport } = watcherHarness();
    transport.holdOpens();
    watcher.watch("a");
    await watcher.close();
    expect(transport.hangingOpens).toBe(0);
  });
});

describe("Watcher.watch()", () => {
  it("sends nothing for wrong arguments, and nothing for a signal that is aborted already", async () => {
    const { watcher, transport } = watcherHarness();
    expect(() => watcher.watch("a", { prefix: true, rangeEnd: "b" })).toThrow(TypeError);
    expect(() => watcher.watch("a", { startRevision: -1 })).toThrow(RangeError);
    const watch = watcher.watch("a", { signal: AbortSignal.abort(new Error("too late")) });
    expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    await expect(watch.created).rejects.toThrow("too late");
    expect(transport.duplexCalls).toBe(0);
    await watcher.close();
  });

  it("sends a start revision of 2^63-1 as it is", async () => {
    const { watcher, transport } = watcherHarness();
    watcher.watch("a", { startRevision: 2n ** 63n - 1n });
    await settle();
    expect(transport.connections[0]?.creates[0]).toEqual(
      WatchCreateRequest.fromPartial({ key: Buffer.from("a"), rangeEnd: Buffer.alloc(0), startRevision: 2n ** 63n - 1n }),
    );
    await watcher.close();
  });
});
