import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

describe("a progress notice", () => {
  it("[118] that a user asks for without a watch: nothing is sent; with two, each gets one", () =>
    watchScenario()
      .expectThat("asking resolves", async ({ watcher, transport }) => {
        await watcher.requestProgress();
        expect(transport.duplexCalls).toBe(0);
      })
      .userWatches("a")
      .serverCreates("a", { revision: 2n })
      .userWatches("b")
      .serverCreates("b", { revision: 2n })
      .userRequestsProgress()
      .expectProgressRequests(1)
      .serverBroadcasts(3n)
      .expectResponses("a", ["progress 3"])
      .expectResponses("b", ["progress 3"])
      .expectResumeRevision("a", 4n)
      .run());

  it("[119] with id -1 goes to every watch of its stream, and to none of another", () =>
    watchScenario()
      .userWatches("other", { metadata: { team: "b" }, progressNotify: true })
      .serverCreates("other", { revision: 1n })
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 1n })
      .userWatches("b", { progressNotify: true })
      .serverCreates("b", { revision: 1n })
      .expectThat("the second stream gets a broadcast", ({ transport }) => {
        transport.connections[1]?.send({ watchId: -1n, revision: 7n });
      })
      .expectResponses("a", ["progress 7"])
      .expectResponses("b", ["progress 7"])
      .expectNothing("other")
      .run());

  it("[119] with id -1 is not for a watch that is not confirmed yet", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 1n })
      .userWatches("in flight", { progressNotify: true, startRevision: 5n })
      .serverBroadcasts(70n)
      .expectResponses("a", ["progress 70"])
      .expectNothing("in flight")
      .connectionBreaks()
      .serverCreates("a")
      .expectCreateRequest("in flight", { startRevision: 5n })
      .run());

  it("[120] with a watch's id goes to that watch only", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 1n })
      .userWatches("b", { progressNotify: true })
      .serverCreates("b", { revision: 1n })
      .serverNotifies("b", 7n)
      .expectNothing("a")
      .expectResponses("b", ["progress 7"])
      .run());

  it("[124] of an older revision than the last event's lowers nothing, and is not shown", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 1n })
      .serverSends("a", [put("a", 9n)])
      .expectEvents("a", [9n])
      .serverNotifies("a", 5n)
      .expectNothing("a")
      .expectResumeRevision("a", 10n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 10n })
      .run());

  it("[125] asked for during a reconnect is asked for on the next connection", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 1n })
      .serverHoldsOpens()
      .connectionBreaks()
      .userRequestsProgress()
      .serverOpens()
      .expectProgressRequests(1)
      .serverCreates("a")
      .serverBroadcasts(5n)
      .expectResponses("a", ["progress 5"])
      .run());

  it("[125] asked for during a reconnect can be given up by its signal", () =>
    watchScenario()
      .userWatches("a")
      .serverHoldsOpens()
      .connectionBreaks()
      .expectThat("the wait ends with the signal", async ({ watcher }) => {
        const controller = new AbortController();
        const asked = watcher.requestProgress({ signal: controller.signal });
        controller.abort(new Error("enough"));
        await expect(asked).rejects.toThrow("enough");
      })
      .expectThat("the wait ends with the watcher", async ({ watcher }) => {
        const asked = watcher.requestProgress();
        const ended = expect(asked).rejects.toMatchObject({ name: "ClosedError" });
        await watcher.close();
        await ended;
      })
      .run());

  it("that nobody of the users asked for reaches no loop without progressNotify, but moves the watch", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 1n })
      .serverNotifies("a", 30n)
      .expectNothing("a")
      .expectResumeRevision("a", 31n)
      .serverSends("a", [put("a", 31n)])
      .expectEvents("a", [31n])
      .run());

  it("moves the resumeRevision of a reader who has taken everything, and it does not fall back when more comes", () =>
    watchScenario()
      .userWatches("a", { reads: "when told" })
      .serverCreates("a", { revision: 1n })
      .serverNotifies("a", 100n)
      .expectResumeRevision("a", 101n)
      .serverSends("a", [put("a", 105n)])
      .expectResumeRevision("a", 101n)
      .serverNotifies("a", 120n)
      .expectResumeRevision("a", 101n)
      .userReads("a")
      .expectEvents("a", [105n])
      .expectResumeRevision("a", 121n)
      .run());

  it("[123] that may have overtaken events (etcd 3.5.7) is shown to who asked, and moves nothing", () =>
    watchScenario()
      .expectThat("an old server", ({ transport }) => {
        transport.version = { value: "3.5.7" };
      })
      .userWatches("a", { reads: "when told" })
      .serverCreates("a", { revision: 1n })
      .userRequestsProgress()
      .expectProgressRequests(1)
      .serverBroadcasts(20n)
      .userReads("a")
      .expectResponses("a", ["progress 20"])
      .serverSends("a", [put("a", 15n)])
      .expectResumeRevision("a", 2n)
      .userReads("a")
      .expectEvents("a", [15n])
      .expectResumeRevision("a", 16n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 16n })
      .run());
});
