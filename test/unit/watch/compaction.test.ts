import { describe, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

describe("a compaction", () => {
  it("[110] ends the watch after what was received before it, with the revision that is kept", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n, reads: "when told" })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a", 2n)])
      .serverCancels("a", { compactRevision: 6n, revision: 0n })
      .userReads("a", 2)
      .expectEvents("a", [2n])
      .expectEnd("a", { name: "CompactedError", requestedRevision: 3n, compactRevision: 6n })
      .run());

  it("[111] ends it for good: it is not created again, its resumeRevision stays, and the dead id is cancelled once", () =>
    watchScenario()
      .userWatches("keeps the stream")
      .serverCreates("keeps the stream")
      .userWatches("a", { startRevision: 2n })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a", 4n)])
      .expectEvents("a", [4n])
      .serverCancels("a", { compactRevision: 6n, revision: 0n })
      .expectCancelRequests(1n)
      .expectResumeRevision("a", 5n)
      .serverAnswers({ watchId: 1n, canceled: true, revision: 10n })
      .serverAnswers({ watchId: 1n, canceled: true, compactRevision: 6n, revision: 0n })
      .expectCancelRequests(1n)
      .connectionBreaks()
      .serverCreates("keeps the stream")
      .expectNoCreateRequest()
      .expectNoEnd("keeps the stream")
      .run());

  it("[183] without the canceled flag (kine) is one", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n })
      .serverCreates("a", { revision: 9n })
      .serverAnswers({ watchId: 0n, compactRevision: 7n, revision: 9n })
      .expectEnd("a", { name: "CompactedError", compactRevision: 7n })
      .run());

  it("[183] told in the `created` itself, without the canceled flag, is one", () =>
    watchScenario()
      .userWatches("keeps the stream")
      .serverCreates("keeps the stream")
      .userWatches("a", { startRevision: 2n })
      .serverCreates("a", { compactRevision: 7n, revision: 9n })
      .expectEnd("a", { name: "CompactedError", compactRevision: 7n })
      .expectCancelRequests(1n)
      .run());

  it("[184] that no `created` came before answers the create", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n })
      .userWatches("b")
      .serverRefusesWithoutCreated("a", { watchId: 0n, compactRevision: 7n, revision: 0n })
      .expectEnd("a", { name: "CompactedError", requestedRevision: 2n, compactRevision: 7n })
      .expectCreated("a", { name: "CompactedError" })
      .serverCreates("b", { watchId: 1n })
      .expectState("b", "watching")
      .run());

  it("[184] that no `created` came before answers the create of a watch that the user has left, too", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n })
      .userWatches("b")
      .userCancels("a")
      .serverRefusesWithoutCreated("a", { watchId: 0n, compactRevision: 7n, revision: 0n })
      .expectCancelRequests(0n)
      .serverCreates("b", { watchId: 1n })
      .expectState("b", "watching")
      .run());

  it("told as the reason of a refusal is a CompactedError without a revision to go on from", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n })
      .serverRefuses("a", "etcdserver: mvcc: required revision has been compacted")
      .expectEnd("a", { name: "CompactedError", compactRevision: undefined })
      .run());

  it("[102] that a restore with a raised revision left behind is a compaction, though the store has never been at that revision", () =>
    watchScenario()
      .userWatches("a", { startRevision: 20n })
      .serverCreates("a", { revision: 20n })
      .serverSends("a", [put("a", 20n)])
      .expectEvents("a", [20n])
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 21n })
      .serverCreates("a", { revision: 1_010n })
      .serverCancels("a", { compactRevision: 1_010n, revision: 0n })
      .expectEnd("a", { name: "CompactedError", requestedRevision: 21n, compactRevision: 1_010n })
      .run());
});
