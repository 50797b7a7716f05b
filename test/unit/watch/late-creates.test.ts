import { describe, expect, it } from "vitest";
import { ResponseHeader, WatchResponse } from "../../../src/gen/rpc.ts";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

const UNAVAILABLE = "rpc error: code = Unavailable desc = transport is closing";

// All of it is what etcd's grpc-proxy does (proxy/grpcproxy of 3.4.23); runs of chaos through it have shown it.
describe("a watch that is refused for what may pass", () => {
  it("by a proxy that has no server just now, is created again, and its siblings are left alone", () =>
    watchScenario()
      .userWatches("sibling")
      .serverCreates("sibling")
      .userWatches("a", { startRevision: 5n })
      .serverRefuses("a", UNAVAILABLE)
      .expectNoEnd("a", "sibling")
      .clockAdvances(10)
      .expectCreateRequest("a", { startRevision: 5n })
      .serverRefuses("a", UNAVAILABLE)
      .clockAdvances(10_000)
      .serverCreates("a", { revision: 4n })
      .serverSends("a", [put("a", 5n)])
      .expectEvents("a", [5n])
      .expectThat("it took one connection", ({ transport }) => {
        expect(transport.connections).toHaveLength(1);
      })
      .run());

  it("by a compaction of what it does not need, is created again from where it is", () =>
    watchScenario()
      .userWatches("sibling")
      .serverCreates("sibling")
      .userWatches("a", { startRevision: 2n })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a", 8n)])
      .expectEvents("a", [8n])
      .serverCancels("a", { compactRevision: 9n, revision: 0n })
      .clockAdvances(10)
      .expectCreateRequest("a", { startRevision: 9n })
      .serverCreates("a", { watchId: 7n, revision: 9n })
      .serverCancels("a", { watchId: 7n, compactRevision: 10n, revision: 0n })
      .expectEnd("a", { name: "CompactedError", requestedRevision: 9n, compactRevision: 10n })
      .expectNoEnd("sibling")
      .run());

  it("by the same compaction again and again, ends with it", () => {
    const scenario = watchScenario().userWatches("sibling").serverCreates("sibling").userWatches("a", { startRevision: 9n });
    for (let time = 0; time < 10; time++) scenario.serverRefuses("a", "", { compactRevision: 5n }).expectNoEnd("a").clockAdvances(5_000);
    return scenario
      .serverRefuses("a", "", { compactRevision: 5n })
      .expectEnd("a", { name: "CompactedError", compactRevision: 5n })
      .expectNoEnd("sibling")
      .run();
  });

  it("and has a reader who is behind, waits its time all the same: each that is read does not ask once more", () =>
    watchScenario()
      .userWatches("sibling")
      .serverCreates("sibling")
      .userWatches("a", { reads: "when told", startRevision: 2n })
      .serverCreates("a", { revision: 9n })
      .serverSends("a", [put("a", 2n)])
      .serverSends("a", [put("a", 3n)])
      .serverCancels("a", { cancelReason: UNAVAILABLE })
      .userReads("a")
      .expectEvents("a", [2n])
      .expectState("a", "parked")
      .expectNoCreateRequest()
      .clockAdvances(10)
      .expectCreateRequest("a", { startRevision: 4n })
      .serverCreates("a", { revision: 9n })
      .userReads("a")
      .expectEvents("a", [3n])
      .expectState("a", "watching")
      .run());

  it("by a proxy that stays without a server, is created again however often it takes", () => {
    const scenario = watchScenario().userWatches("sibling").serverCreates("sibling").userWatches("a", { startRevision: 5n });
    for (let time = 0; time < 15; time++) scenario.serverRefuses("a", UNAVAILABLE).expectNoEnd("a").clockAdvances(5_000);
    return scenario.expectCreateRequest("a", { startRevision: 5n }).expectNoEnd("a", "sibling").run();
  });

  it("by the same compaction, but a minute apart each time, does not end", () => {
    const scenario = watchScenario().userWatches("sibling").serverCreates("sibling").userWatches("a", { startRevision: 9n });
    for (let time = 0; time < 15; time++) scenario.serverRefuses("a", "", { compactRevision: 5n }).expectNoEnd("a").clockAdvances(60_001);
    return scenario.expectCreateRequest("a", { startRevision: 9n }).expectNoEnd("a", "sibling").run();
  });

  it("and left by its user meanwhile, is not created again, and leaves no timer", () =>
    watchScenario()
      .userWatches("sibling")
      .serverCreates("sibling")
      .userWatches("a", { startRevision: 5n })
      .serverRefuses("a", UNAVAILABLE)
      .userCancels("a")
      .clockAdvances(60_000)
      .expectNoCreateRequest()
      .run());

  it("and whose connection breaks meanwhile, is created on the next one", () =>
    watchScenario()
      .userWatches("a", { startRevision: 5n })
      .userWatches("b")
      .serverRefuses("a", UNAVAILABLE)
      .connectionBreaks()
      .clockAdvances(10_000)
      .serverCreates("b")
      .serverCreates("a", { revision: 5n })
      .serverSends("a", [put("a", 5n)])
      .expectEvents("a", [5n])
      .run());
});

describe("a `created` that a proxy made up", () => {
  it("has no ids, and the revision that was asked for: it is no sign that the store has been there", () =>
    watchScenario()
      .userWatches("a", { startRevision: 900n })
      .expectThat("it is answered", ({ transport }) => {
        const connection = transport.connections[0];
        connection?.live.set(0n, connection.unanswered[0] ?? expect.fail("no create"));
        connection?.unanswered.shift();
        const header = ResponseHeader.fromPartial({ revision: 900n });
        connection?.sendBytes(Buffer.from(WatchResponse.encode(WatchResponse.fromPartial({ created: true, header })).finish()));
      })
      .connectionBreaks()
      .serverCreates("a", { revision: 700n })
      .expectNoEnd("a")
      .expectThat("nothing was looked into", ({ transport }) => {
        expect(transport.rangeRequests).toEqual([]);
      })
      .run());
});
