import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

/** An event whose answer is a little over 100 bytes. */
const large = (key: string, revision: bigint) => put(key, revision, { value: "x".repeat(100) });
const buffer = { maxBytes: 200 };

describe("a slow reader", () => {
  it("[177] has its watch parked when the buffer is full, and created again after the last that is buffered", () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .expectState("a", "watching")
      .serverSends("a", [large("a", 3n)])
      .expectState("a", "parked")
      .expectCancelRequests(0n)
      .expectNoCreateRequest()
      .expectResumeRevision("a", 1n)
      .userReads("a")
      .expectEvents("a", [2n])
      .expectState("a", "parked")
      .userReads("a")
      .expectEvents("a", [3n])
      .expectCreateRequest("a", { startRevision: 4n })
      .serverCreates("a")
      .serverSends("a", [large("a", 4n)])
      .userReads("a")
      .expectEvents("a", [4n])
      .run());

  it("[177] holds up no other watch of the stream", () =>
    watchScenario()
      .userWatches("slow", { reads: "when told", startRevision: 1n, buffer })
      .serverCreates("slow")
      .userWatches("fast", { startRevision: 1n })
      .serverCreates("fast")
      .serverSends("slow", [large("slow", 2n), large("slow", 3n), large("slow", 4n)])
      .serverSends("fast", [put("fast", 5n)])
      .expectEvents("fast", [5n])
      .expectState("slow", "parked")
      .userReads("slow")
      .expectEvents("slow", [2n, 3n, 4n])
      .expectCreateRequest("slow", { startRevision: 5n })
      .run());

  it("is told by a line in the log when its watch is parked", () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10 } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .expectThat("one line says so", ({ log }) => {
        expect(log.filter((line) => line.includes("parked")).length).toBe(1);
      })
      .userReads("a")
      .expectEvents("a", [2n])
      .run());

  it("whose watch is parked misses nothing over a reconnect, and may leave", () =>
    watchScenario()
      .userWatches("b")
      .serverCreates("b")
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10 } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .connectionBreaks()
      .serverCreates("b")
      .expectNoCreateRequest()
      .expectState("a", "parked")
      .userReads("a")
      .expectEvents("a", [2n])
      .expectCreateRequest("a", { startRevision: 3n })
      .serverCreates("a")
      .serverSends("a", [large("a", 3n)])
      .expectState("a", "parked")
      .userLeavesTheLoop("a")
      .expectResumeRevision("a", 3n)
      .expectState("a", "ended")
      .run());

  it("whose watch is parked meets a compaction like any other", () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10 } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .userReads("a")
      .expectEvents("a", [2n])
      .serverCreates("a")
      .serverCancels("a", { compactRevision: 9n, revision: 0n })
      .userReads("a")
      .expectEnd("a", { name: "CompactedError", requestedRevision: 3n, compactRevision: 9n })
      .run());

  it("whose watch is parked does not count a broadcast", () =>
    watchScenario()
      .userWatches("b")
      .serverCreates("b")
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10 }, progressNotify: true })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .expectState("a", "parked")
      .serverBroadcasts(70n)
      .userReads("a")
      .expectEvents("a", [2n])
      .expectCreateRequest("a", { startRevision: 3n })
      .run());

  it('with whenFull "fail" gets what is buffered, then a SlowConsumerError', () =>
    watchScenario()
      .userWatches("b")
      .serverCreates("b")
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { ...buffer, whenFull: "fail" } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .serverSends("a", [large("a", 3n)])
      .expectState("a", "ended")
      .expectCancelRequests(1n)
      .userReads("a", 3)
      .expectEvents("a", [2n, 3n])
      .expectEnd("a", { name: "SlowConsumerError", code: "SLOW_CONSUMER", limitBytes: 200 })
      .expectNoEnd("b")
      .run());

  it('with whenFull "fail" and no other watch leaves no stream open', () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 1n, buffer: { maxBytes: 10, whenFull: "fail" } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .expectConnections(["cancelled"])
      .userReads("a", 2)
      .expectEvents("a", [2n])
      .expectEnd("a", { name: "SlowConsumerError" })
      .run());

  it("who reads at once is never parked, however large the answers", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n, buffer: { maxBytes: 10 } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .expectState("a", "watching")
      .serverSends("a", [large("a", 3n)])
      .expectEvents("a", [2n, 3n])
      .expectCancelRequests()
      .run());

  it("has its lag in the status", () =>
    watchScenario()
      .userWatches("a", { reads: "when told", startRevision: 1n })
      .serverCreates("a", { revision: 1n })
      .serverSends("a", [put("a", 2n)], { revision: 10n })
      .expectThat("nine revisions wait, in one response", (_, watch) => {
        const { lag, bufferedBytes, bufferedResponses } = watch("a").channel.status;
        expect({ lag, bufferedResponses }).toEqual({ lag: 10n, bufferedResponses: 1 });
        expect(bufferedBytes).toBeGreaterThan(0);
      })
      .userReads("a")
      .expectEvents("a", [2n])
      .expectThat("nothing waits", (_, watch) => {
        expect(watch("a").channel.status).toMatchObject({ lag: 0n, bufferedBytes: 0, bufferedResponses: 0 });
      })
      .run());
});
