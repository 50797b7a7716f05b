import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { type WatchScenario, watchScenario } from "../../support/watch-scenario.ts";

const TOO_LARGE = "Received message larger than max (5000000 vs 4000000)";

/** Two watches; an answer came that was too large, with fragments too: each has a stream of its own. */
function isolated(): WatchScenario {
  return watchScenario()
    .userWatches("a", { startRevision: 1n })
    .userWatches("b", { startRevision: 1n })
    .connectionBreaks("RESOURCE_EXHAUSTED", TOO_LARGE)
    .connectionBreaks("RESOURCE_EXHAUSTED", TOO_LARGE)
    .expectConnections(["ended", "ended", "open", "open"])
    .serverCreates("a")
    .serverCreates("b");
}

describe("watches on streams of their own, after an answer over the receive limit", () => {
  it("come together again when they have turned out to be innocent, and go on where they were", () =>
    isolated()
      .serverSends("b", [put("b", 5n)])
      .expectEvents("b", [5n])
      .clockAdvances(9_999)
      .expectConnections(["ended", "ended", "open", "open"])
      .clockAdvances(1)
      .expectConnections(["ended", "ended", "cancelled", "cancelled", "open"])
      .expectCreateRequest("a", { startRevision: 1n, fragment: false })
      .serverCreates("a")
      .expectCreateRequest("b", { startRevision: 6n, fragment: false })
      .serverCreates("b")
      .serverSends("b", [put("b", 6n)])
      .expectEvents("b", [6n])
      .run());

  it("take along one that is parked, which is created again when its reader has caught up", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("slow", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10 } })
      .connectionBreaks("RESOURCE_EXHAUSTED", TOO_LARGE)
      .connectionBreaks("RESOURCE_EXHAUSTED", TOO_LARGE)
      .serverCreates("a")
      .serverCreates("slow")
      .serverSends("slow", [put("slow", 5n)])
      .expectState("slow", "parked")
      .clockAdvances(10_000)
      .expectConnections(["ended", "ended", "cancelled", "cancelled", "open"])
      .expectCreateRequest("a", { startRevision: 1n })
      .serverCreates("a")
      .expectState("slow", "parked")
      .expectNoCreateRequest()
      .userReads("slow")
      .expectEvents("slow", [5n])
      .expectCreateRequest("slow", { startRevision: 6n })
      .serverCreates("slow")
      .run());

  it("come together again when their connections break", () =>
    isolated()
      .userWatches("c", { startRevision: 1n })
      .serverCreates("c")
      .expectThat("both break", async ({ transport, clock }) => {
        transport.connections[2]?.end();
        transport.connections[3]?.end();
        await Promise.resolve();
        clock.advance(0);
      })
      .expectConnections(["ended", "ended", "ended", "ended", "open"])
      .serverCreates("a")
      .serverCreates("b")
      .run());

  it("are asked for progress by the user like any other", () =>
    isolated()
      .userRequestsProgress()
      .expectThat("each stream is asked", ({ transport }) => {
        expect(transport.connections.map(({ progressRequests }) => progressRequests)).toEqual([0, 0, 1, 1]);
      })
      .run());

  it("no longer ask for fragments once that is over", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .connectionBreaks("RESOURCE_EXHAUSTED", TOO_LARGE)
      .expectCreateRequest("a", { fragment: true })
      .serverCreates("a")
      .serverSends("a", [put("a", 5n)])
      .expectEvents("a", [5n])
      .connectionBreaks()
      .expectCreateRequest("a", { fragment: false })
      .run());
});

describe("the status of a watch", () => {
  it("tells how far behind a catch-up is, and when the last answer came, by the client's clock", () => {
    const batch = Array.from({ length: 1_000 }, (_, index) => put("a", BigInt(index + 1)));
    return watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a", { revision: 3_000n })
      .expectThat("nothing of it has come", (_, watch) => {
        expect(watch("a").channel.status.lag).toBe(3_000n);
      })
      .serverSends("a", batch, { revision: 3_000n })
      .expectThat("a third has come", (_, watch) => {
        watch("a").takeUnexpected();
        expect(watch("a").channel.status.lag).toBe(2_000n);
      })
      .serverSends("a", [put("a", 1_001n)], { revision: 3_000n })
      .expectEvents("a", [1_001n])
      .expectThat("the rest was of other keys", ({ clock }, watch) => {
        const { lag, lastResponseAt } = watch("a").channel.status;
        expect(lag).toBe(0n);
        clock.advance(60_000);
        expect(watch("a").channel.status.lastResponseAt).toEqual(lastResponseAt);
      })
      .serverNotifies("a", 3_000n)
      .expectThat("an answer a minute later", (_, watch) => {
        const { lastResponseAt } = watch("a").channel.status;
        expect(Number(lastResponseAt) - Date.now()).toBeGreaterThan(50_000);
      })
      .run();
  });
});
