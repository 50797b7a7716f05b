import { describe, expect, it } from "vitest";
import { put, unheardOf } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

/** Watches "a" (id 0) and "b" (id 1), which ask for fragments. */
const twoWatches = () =>
  watchScenario()
    .userWatches("a", { fragment: true, startRevision: 1n })
    .serverCreates("a")
    .userWatches("b", { fragment: true, startRevision: 1n })
    .serverCreates("b");

describe("fragments", () => {
  it("[132] of one answer are put together in order, and the user never sees a part", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n), put("a", 3n)], { fragment: true })
      .serverSends("a", [put("a", 4n)], { fragment: true })
      .expectNothing("a")
      .serverSends("a", [put("a", 5n)])
      .expectResponses("a", [[2n, 3n, 4n, 5n]])
      .run());

  it("[133] of one watch with an answer of another between them: both complete", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .serverSends("b", [put("b", 3n)])
      .expectResponses("b", [[3n]])
      .serverSends("a", [put("a", 4n)])
      .expectResponses("a", [[2n, 4n]])
      .run());

  it("[134] before a break are forgotten, and the whole answer is asked for again", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n), put("a", 3n)], { fragment: true })
      .connectionBreaks()
      .expectNothing("a")
      .expectCreateRequest("a", { startRevision: 1n })
      .serverCreates("a")
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .serverSends("a", [put("a", 3n)])
      .expectResponses("a", [[2n, 3n]])
      .run());

  it("[135] with the `created` of another watch between them: both correct", () =>
    twoWatches()
      .userWatches("c", { startRevision: 1n })
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .serverCreates("c")
      .serverSends("a", [put("a", 3n)])
      .expectResponses("a", [[2n, 3n]])
      .expectState("c", "watching")
      .run());

  it("[136] of a watch that was just cancelled are dropped", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .userCancels("a")
      .serverAnswers({ watchId: 0n, events: [put("a", 3n)], fragment: true })
      .serverAnswers({ watchId: 0n, events: [put("a", 4n)] })
      .expectNothing("a")
      .expectCancelRequests(0n)
      .run());

  it("with a notice between them are not cut short by it, nor moved on", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .serverNotifies("a", 9n)
      .expectResumeRevision("a", 1n)
      .serverSends("a", [put("a", 3n)])
      .expectResponses("a", [[2n, 3n]])
      .run());

  it("of which the last holds only what we do not know are handed over all the same", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n)], { fragment: true })
      .serverSends("a", [unheardOf("a", 3n)])
      .expectResponses("a", [[2n]])
      .expectResumeRevision("a", 4n)
      .run());

  it("over the buffer's limit are handed over in whole revisions, and a slow reader's watch goes on behind them", () =>
    watchScenario()
      .userWatches("a", { prefix: true, fragment: true, startRevision: 1n, reads: "when told", buffer: { maxBytes: 120 } })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a1", 2n), put("a1", 3n), put("a2", 3n)], { fragment: true })
      .expectState("a", "watching")
      .serverSends("a", [put("a3", 3n), put("a1", 4n)], { fragment: true })
      .expectState("a", "parked")
      .userReads("a")
      .expectResponses("a", [[2n, 3n, 3n, 3n]])
      .expectCreateRequest("a", { startRevision: 4n })
      .run());

  it("of a single revision beyond the receive limit end their watch alone", () =>
    watchScenario({ maxReceiveBytes: 400 })
      .userWatches("b")
      .serverCreates("b")
      .userWatches("a", { prefix: true, fragment: true, startRevision: 1n, buffer: { maxBytes: 100 } })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a1", 2n, { value: "x".repeat(200) })], { fragment: true })
      .expectNoEnd("a")
      .serverSends("a", [put("a2", 2n, { value: "x".repeat(200) })], { fragment: true })
      .expectEnd("a", { name: "RpcError", code: "RESOURCE_EXHAUSTED" })
      .expectCancelRequests(1n)
      .expectNoEnd("b")
      .run());
});

describe("an answer that is not split", () => {
  it("[137] though the watch asked for fragments, as etcd's first one after `created`, is taken whole", () =>
    twoWatches()
      .serverSends("a", [put("a", 2n, { value: "x".repeat(20 * 1024 * 1024) }), put("a", 3n)])
      .expectResponses("a", [[2n, 3n]])
      .run());
});

describe("an answer over the receive limit", () => {
  const tooLarge = "Received message larger than max (2097152 vs. 1572864)";

  it("[131] makes the watch ask for fragments, and then ends it, not in an endless loop", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .expectCreateRequest("a", { fragment: false })
      .serverCreates("a")
      .connectionBreaks("RESOURCE_EXHAUSTED", tooLarge)
      .expectCreateRequest("a", { fragment: true, startRevision: 1n })
      .serverCreates("a")
      .connectionBreaks("RESOURCE_EXHAUSTED", tooLarge)
      .expectEnd("a", { name: "RpcError", code: "RESOURCE_EXHAUSTED", details: tooLarge })
      .expectConnections(["ended", "ended"])
      .run());

  it("[131] of one watch among several ends that watch alone, once each has a stream of its own", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a")
      .userWatches("b", { startRevision: 1n })
      .serverCreates("b")
      .connectionBreaks("RESOURCE_EXHAUSTED", tooLarge)
      .serverCreates("a")
      .serverCreates("b")
      .connectionBreaks("RESOURCE_EXHAUSTED", tooLarge)
      .serverCreates("a")
      .serverCreates("b")
      .expectThat("the stream of b breaks over it", ({ transport }) => {
        transport.connections
          .find(({ live }) => [...live.values()].some(({ key }) => key.toString() === "b"))
          ?.end("RESOURCE_EXHAUSTED", tooLarge);
      })
      .expectEnd("b", { code: "RESOURCE_EXHAUSTED" })
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .run());

  it("is nothing when a server says RESOURCE_EXHAUSTED for a reason of its own", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 4n })
      .connectionBreaks("RESOURCE_EXHAUSTED", "etcdserver: too many requests")
      .expectCreateRequest("a", { fragment: false, startRevision: 5n })
      .expectThat("one stream", ({ transport }) => {
        expect(transport.duplexCalls).toBe(2);
      })
      .run());
});
