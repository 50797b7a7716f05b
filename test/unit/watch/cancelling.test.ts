import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

/** Two watches that the server has created, with ids 0 and 1. */
const twoWatches = () =>
  watchScenario().userWatches("a").serverCreates("a", { revision: 1n }).userWatches("b").serverCreates("b", { revision: 1n });

describe("a user who ends a watch", () => {
  it("[50] by abort while the open hangs sees the end at once, and the open is given up", () =>
    watchScenario()
      .serverHoldsOpens()
      .userWatches("a")
      .userAborts("a")
      .expectEnd("a", "quietly")
      .expectThat("nothing is being opened", ({ transport }) => {
        expect(transport.hangingOpens).toBe(0);
      })
      .run());

  it("by abort with a reason of any kind has `created` reject with that very reason", () =>
    watchScenario()
      .serverHoldsOpens()
      .userWatches("a")
      .userAborts("a", "enough")
      .expectEnd("a", "quietly")
      .expectThat("as it was given", async (_, watch) => {
        await expect(watch("a").channel.created).rejects.toBe("enough");
      })
      .run());

  it("[51] of two has exactly one CancelRequest sent, and the other goes on", () =>
    twoWatches()
      .userAborts("a")
      .expectEnd("a", "quietly")
      .expectCancelRequests(0n)
      .serverSends("b", [put("b", 2n)])
      .expectEvents("b", [2n])
      .expectCancelRequests(0n)
      .run());

  it("[52] that was the last has the stream reset, without a CancelRequest for it to wait on", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .userAborts("a")
      .expectConnections(["cancelled"])
      .userWatches("b")
      .expectConnections(["cancelled", "open"])
      .run());

  it("[52] that was the last has the stream reset in the same tick: no message can come in between", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .expectThat("the reset is there when cancel() returns", ({ transport }, watch) => {
        watch("a").channel.cancel();
        expect(transport.connections[0]?.state).toBe("cancelled");
      })
      .run());

  it("[56] while its create is in flight has the server's watch cancelled as soon as it is created", () =>
    watchScenario()
      .userWatches("keeps the stream")
      .serverCreates("keeps the stream")
      .userWatches("a")
      .expectCreateRequest("a")
      .userCancels("a")
      .expectEnd("a", "quietly")
      .expectCancelRequests()
      .serverAnswers({ created: true, watchId: 1n, revision: 5n })
      .expectCancelRequests(1n)
      .run());

  it("[57] while its create waits behind another has it never sent", () =>
    watchScenario()
      .userWatches("a")
      .userWatches("b")
      .userWatches("c")
      .userCancels("b")
      .serverCreates("a")
      .expectCreateRequest("c")
      .serverCreates("c")
      .expectNoCreateRequest()
      .expectThat("the server never heard of b", ({ transport }) => {
        expect(transport.connections[0]?.creates.map(({ key }) => key.toString())).toEqual(["a", "c"]);
      })
      .run());

  it("[59] sees nothing of the events on their way, and the server gets no second CancelRequest", () =>
    twoWatches()
      .userCancels("a")
      .serverAnswers({ watchId: 0n, events: [put("a", 2n)] })
      .serverAnswers({ watchId: 0n, events: [put("a", 3n)] })
      .expectNothing("a")
      .expectCancelRequests(0n)
      .run());

  it("[60] sees nothing of the server's answer to the cancel, and the id is forgotten", () =>
    twoWatches()
      .userCancels("a")
      .serverAnswers({ watchId: 0n, canceled: true })
      .expectEnd("a", "quietly")
      .expectNoEnd("b")
      .serverAnswers({ watchId: 0n, events: [put("a", 2n)] })
      .expectCancelRequests(0n, 0n)
      .run());

  it("[73] in the very tick in which another of the same key begins leaves that one alive", () =>
    watchScenario()
      .userWatches("first", { key: "k" })
      .serverCreates("first", { revision: 1n })
      .expectThat("the last one leaves, and a new one comes, in one tick", ({ watcher }, watch) => {
        watch("first").channel.cancel();
        const second = watcher.watch("k");
        void second.created;
      })
      .expectConnections(["cancelled", "open"])
      .expectThat("the new one is being created", ({ transport }) => {
        expect(transport.connections[1]?.unanswered.length).toBe(1);
      })
      .run());

  it("[75] is seen by the server as a reset of the stream, not as a half-close", () =>
    watchScenario().userWatches("a").serverCreates("a").userLeavesTheLoop("a").expectConnections(["cancelled"]).run());

  it("[77] by close() does not wait for a reconnect's delay", () =>
    watchScenario({ backoff: { baseMs: 1_000, maxMs: 60_000, random: () => 0.5 } })
      .userWatches("a")
      .connectionBreaks()
      .connectionBreaks()
      .expectConnections(["ended", "ended"])
      .expectState("a", "resuming")
      .userCloses()
      .expectEnd("a", "quietly")
      .expectThat("no timer is left", ({ clock }) => {
        expect(clock.pendingTimers).toBe(0);
      })
      .run());

  it("in the very tick in which the stream opens leaves no call and no error in the log behind", () =>
    watchScenario()
      .serverHoldsOpens()
      .userWatches("a")
      .expectThat("the open is answered and the user leaves", ({ transport }, watch) => {
        transport.releaseOpens();
        watch("a").channel.cancel();
      })
      .expectConnections(["cancelled"])
      .expectThat("nothing was sent, and nothing went wrong", ({ transport, log }) => {
        expect(transport.connections[0]?.requests).toEqual([]);
        expect(log).toEqual([]);
      })
      .run());

  it("after the server did is given nothing of what was buffered", () =>
    watchScenario()
      .userWatches("a", { reads: "when told" })
      .serverCreates("a", { revision: 1n })
      .serverSends("a", [put("a", 2n)])
      .serverCancels("a", { cancelReason: "x" })
      .userCancels("a")
      .userReads("a")
      .expectNothing("a")
      .expectResumeRevision("a", 2n)
      .run());
});

describe("a server that ends a watch", () => {
  it("[61] with a reason has it thrown, with the key", () =>
    twoWatches()
      .serverCancels("a", { cancelReason: "etcdserver: went mad" })
      .expectEnd("a", { name: "WatchCanceledError", reason: "etcdserver: went mad", watchId: 0n, code: "UNKNOWN" })
      .expectThat("the message names the key", (_, watch) => {
        expect(watch("a").ending).toMatchObject({ error: { message: expect.stringContaining('"a"') as unknown } });
      })
      .expectNoEnd("b")
      .expectCancelRequests()
      .run());

  it("[62] twice ends it once", () =>
    twoWatches()
      .serverCancels("a", { cancelReason: "x" })
      .serverAnswers({ watchId: 0n, canceled: true, cancelReason: "x" })
      .expectEnd("a", { reason: "x" })
      .expectNoEnd("b")
      .expectConnections(["open"])
      .run());

  it("[62] twice does not refuse the watch whose create is in flight", () =>
    twoWatches()
      .userWatches("c")
      .expectCreateRequest("c")
      .serverCancels("a", { cancelReason: "x" })
      .serverAnswers({ watchId: 0n, canceled: true, cancelReason: "x" })
      .expectNoEnd("b", "c")
      .serverCreates("c")
      .expectState("c", "watching")
      .run());

  it("[62] twice, of the watch that was created last, does not refuse the one whose create is in flight", () =>
    twoWatches()
      .userWatches("c")
      .expectCreateRequest("c")
      .serverCancels("b", { cancelReason: "x" })
      .serverAnswers({ watchId: 1n, canceled: true, cancelReason: "x" })
      .expectNoEnd("a", "c")
      .serverCreates("c")
      .expectState("c", "watching")
      .run());

  it("[62] twice, at the user's cancel, does not refuse the watch whose create is in flight (kine)", () =>
    twoWatches()
      .userWatches("c")
      .userCancels("a")
      .serverAnswers({ watchId: 0n, canceled: true })
      .serverAnswers({ watchId: 0n, canceled: true })
      .expectNoEnd("b", "c")
      .serverCreates("c")
      .expectState("c", "watching")
      .run());

  it("[63] just before a broadcast has it reach the others only", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 1n })
      .userWatches("b", { progressNotify: true })
      .serverCreates("b", { revision: 1n })
      .serverCancels("a", { cancelReason: "x" })
      .serverBroadcasts(9n)
      .expectNothing("a")
      .expectResponses("b", ["progress 9"])
      .run());

  it("[78] by a refusal, and then ends the stream for good, leaves nothing that close() would wait for", () =>
    twoWatches()
      .userWatches("c")
      .serverRefuses("c", "mvcc: watcher range is empty")
      .connectionBreaks("UNIMPLEMENTED", "unknown service")
      .expectEnd("a", { name: "RpcError", code: "UNIMPLEMENTED" })
      .expectEnd("b", { name: "RpcError", code: "UNIMPLEMENTED" })
      .expectEnd("c", { name: "WatchCanceledError" })
      .run());

  it("[143] has the error wait for a reader who looks late", () =>
    watchScenario()
      .userWatches("a", { reads: "when told" })
      .serverCreates("a", { revision: 1n })
      .serverSends("a", [put("a", 2n)])
      .serverCancels("a", { cancelReason: "gone" })
      .clockAdvances(3_600_000)
      .userReads("a", 2)
      .expectEvents("a", [2n])
      .expectEnd("a", { reason: "gone" })
      .run());

  it("[144] by a refusal does not put its error on a watch that is closed later", () =>
    twoWatches()
      .userWatches("c")
      .serverRefuses("c", "rpc error: code = PermissionDenied desc = etcdserver: permission denied")
      .expectEnd("c", { name: "WatchCanceledError", code: "PERMISSION_DENIED" })
      .userCancels("a")
      .expectEnd("a", "quietly")
      .connectionBreaks()
      .expectCreateRequest("b")
      .run());

  it("[58] is told once of an id that we do not know, however many events come; on a new connection once more", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .serverAnswers({ watchId: 17n, events: [put("x", 2n)] })
      .serverAnswers({ watchId: 17n, events: [put("x", 3n)] })
      .expectCancelRequests(17n)
      .connectionBreaks()
      .serverCreates("a")
      .serverAnswers({ watchId: 17n, events: [put("x", 4n)] })
      .expectCancelRequests(17n)
      .run());

  it("[145] never creates it, but other streams work and the user can leave", () =>
    watchScenario()
      .userWatches("stuck")
      .userWatches("other", { metadata: { team: "b" } })
      .serverCreates("other", { revision: 1n })
      .serverSends("other", [put("other", 2n)])
      .expectEvents("other", [2n])
      .expectState("stuck", "resuming")
      .userAborts("stuck")
      .expectEnd("stuck", "quietly")
      .run());
});
