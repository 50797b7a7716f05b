import { describe, expect, it } from "vitest";
import { WatchCreateRequest_FilterType } from "../../../src/gen/rpc.ts";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

describe("after a lost connection", () => {
  it("[83] after an event the re-create goes on from its revision + 1, not from the header's", () =>
    watchScenario()
      .userWatches("a", { startRevision: 2n })
      .serverCreates("a", { revision: 50n })
      .serverSends("a", [put("a", 4n)], { revision: 50n })
      .serverSends("a", [put("a", 6n)], { revision: 50n })
      .expectEvents("a", [4n, 6n])
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 7n })
      .run());

  it("[84] after a progress notice it goes on from the notice's revision + 1", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 3n })
      .serverNotifies("a", 20n)
      .expectResponses("a", ["progress 20"])
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 21n })
      .run());

  it("[85] a `created` of a resume does not move it", () =>
    watchScenario()
      .userWatches("a", { startRevision: 20n })
      .serverCreates("a", { revision: 50n })
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 20n })
      .serverCreates("a", { revision: 60n })
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 20n })
      .run());

  it("[86] several events of one revision count as one step, and an answer torn between fragments as none", () =>
    watchScenario()
      .userWatches("a", { prefix: true, fragment: true, startRevision: 1n })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a1", 3n), put("a2", 5n), put("a3", 5n), put("a4", 5n)])
      .expectEvents("a", [3n, 5n, 5n, 5n])
      .serverSends("a", [put("a1", 6n), put("a1", 7n)], { fragment: true })
      .connectionBreaks()
      .expectNothing("a")
      .expectCreateRequest("a", { startRevision: 6n })
      .run());

  it("[87] what was received and not read is read then, once, and the server is asked for what comes after", () =>
    watchScenario()
      .userWatches("a", { reads: "when told" })
      .serverCreates("a", { revision: 1n })
      .serverSends("a", [put("a", 2n)])
      .serverSends("a", [put("a", 3n)])
      .expectResumeRevision("a", 2n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 4n })
      .serverCreates("a", { revision: 3n })
      .serverSends("a", [put("a", 4n)])
      .userReads("a", 3)
      .expectEvents("a", [2n, 3n, 4n])
      .expectResumeRevision("a", 5n)
      .run());

  it("[88] three watches are created anew, and whatever their ids are now, each gets its own events", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("b", { startRevision: 1n })
      .userWatches("c", { startRevision: 1n })
      .serverCreates("a")
      .serverCreates("b")
      .serverCreates("c")
      .connectionBreaks()
      .serverCreates("a", { watchId: 2n })
      .serverCreates("b", { watchId: 0n })
      .serverCreates("c", { watchId: 1n })
      .serverAnswers({ watchId: 0n, events: [put("b", 5n)] })
      .serverAnswers({ watchId: 1n, events: [put("c", 6n)] })
      .serverAnswers({ watchId: 2n, events: [put("a", 7n)] })
      .expectEvents("a", [7n])
      .expectEvents("b", [5n])
      .expectEvents("c", [6n])
      .run());

  it("[89] an id of the old stream means nothing on the new one", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a", { watchId: 0n })
      .userWatches("b", { startRevision: 1n })
      .serverCreates("b", { watchId: 1n })
      .connectionBreaks()
      .userCancels("a")
      .serverAnswers({ created: true, watchId: 1n, revision: 4n })
      .expectCancelRequests(1n)
      .serverCreates("b", { watchId: 0n })
      .serverAnswers({ watchId: 0n, events: [put("b", 5n)] })
      .expectEvents("b", [5n])
      .expectNothing("a")
      .run());

  it("[90] every option is sent again", () => {
    const sent = {
      rangeEnd: Buffer.from("c"),
      filters: [WatchCreateRequest_FilterType.NODELETE],
      prevKv: true,
      progressNotify: true,
      fragment: true,
    };
    return watchScenario()
      .userWatches("a", { rangeEnd: "c", filters: ["nodelete"], prevKv: true, progressNotify: true, fragment: true })
      .expectCreateRequest("a", { ...sent, startRevision: 0n })
      .serverCreates("a", { revision: 3n })
      .connectionBreaks()
      .expectCreateRequest("a", { ...sent, startRevision: 4n })
      .run();
  });

  it("[91] a create without an answer is sent again as it was; from now stays from now", () =>
    watchScenario()
      .userWatches("now")
      .expectCreateRequest("now", { startRevision: 0n })
      .connectionBreaks()
      .expectCreateRequest("now", { startRevision: 0n })
      .serverCreates("now", { revision: 8n })
      .userWatches("given", { startRevision: 4n })
      .connectionBreaks()
      .expectCreateRequest("now", { startRevision: 9n })
      .serverCreates("now")
      .expectCreateRequest("given", { startRevision: 4n })
      .run());

  it("[26] a from-now watch that saw nothing yet goes on behind its `created`, not at it", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 11n })
      .run());

  it("[26] it is given nothing from before its `created`, and all from after it, on whatever connection that comes", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .serverSends("a", [put("a", 10n)]) // was committed before the header was read
      .expectNothing("a")
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 11n })
      .serverCreates("a", { revision: 15n })
      .serverSends("a", [put("a", 11n), put("a", 15n)])
      .expectEvents("a", [11n, 15n])
      .run());

  it("[92] another loss in the middle of the resume creates all of them once more", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("b", { startRevision: 1n })
      .userWatches("c", { startRevision: 1n })
      .serverCreates("a")
      .serverCreates("b")
      .serverCreates("c")
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .connectionBreaks()
      .serverCreates("a")
      .serverSends("a", [put("a", 3n)])
      .expectCreateRequest("b", { startRevision: 1n })
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 4n })
      .serverCreates("a")
      .expectCreateRequest("b", { startRevision: 1n })
      .serverCreates("b")
      .expectCreateRequest("c", { startRevision: 1n })
      .serverCreates("c")
      .serverSends("c", [put("c", 9n)])
      .expectEvents("a", [3n])
      .expectEvents("c", [9n])
      .run());

  it("[93] a watch added and one aborted meanwhile: exactly the right creates are sent", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("b", { startRevision: 1n })
      .serverCreates("a")
      .serverCreates("b")
      .serverHoldsOpens()
      .connectionBreaks()
      .userAborts("a")
      .userWatches("c", { startRevision: 1n })
      .serverOpens()
      .serverCreates("b")
      .serverCreates("c")
      .expectNoCreateRequest()
      .expectThat("a was not created anew", ({ transport }) => {
        expect(transport.connections[1]?.creates.map(({ key }) => key.toString())).toEqual(["b", "c"]);
      })
      .run());

  it("[96] a clean end of the stream is a loss like any other", () =>
    watchScenario()
      .userWatches("a", { startRevision: 3n })
      .serverCreates("a")
      .connectionBreaks("OK", "")
      .expectCreateRequest("a", { startRevision: 3n })
      .run());

  it('[97] so is a server\'s "watch canceled"', () =>
    watchScenario()
      .userWatches("a", { startRevision: 3n })
      .serverCreates("a")
      .connectionBreaks("CANCELLED", "etcdserver: watch canceled")
      .expectCreateRequest("a", { startRevision: 3n })
      .expectNoEnd("a")
      .run());

  it("[189] a `created` whose header is far ahead does not move a given start", () =>
    watchScenario()
      .userWatches("a", { startRevision: 5n })
      .serverCreates("a", { revision: 1_000_000n })
      .expectResumeRevision("a", 5n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 5n })
      .run());

  it("[23] a start in the future stays there whatever progress is told", () =>
    watchScenario()
      .userWatches("a", { startRevision: 100n, progressNotify: true })
      .serverCreates("a", { revision: 10n })
      .serverNotifies("a", 12n)
      .expectNothing("a")
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 100n })
      .run());

  it("[22] below a start in the future neither events nor progress reach the user", () =>
    watchScenario()
      .userWatches("a", { startRevision: 100n, progressNotify: true })
      .serverCreates("a", { revision: 10n })
      .serverSends("a", [put("a", 11n)])
      .serverBroadcasts(98n)
      .expectNothing("a")
      .expectResumeRevision("a", 100n)
      .serverBroadcasts(99n)
      .expectResponses("a", ["progress 99"])
      .serverSends("a", [put("a", 100n)])
      .expectEvents("a", [100n])
      .run());
});
