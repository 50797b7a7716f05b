import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

const MINUTE_MS = 60_000;

describe("idle watches", () => {
  it("[112] ask for progress, which the loop does not see, and go on from there after a cut", () =>
    watchScenario()
      .userWatches("a")
      .userWatches("b")
      .serverCreates("a", { revision: 10n })
      .serverCreates("b", { revision: 10n })
      .clockAdvances(MINUTE_MS)
      .expectProgressRequests(0)
      .serverSends("b", [put("b", 20n)])
      .expectEvents("b", [20n])
      .clockAdvances(MINUTE_MS)
      .expectProgressRequests(1)
      .serverBroadcasts(30n)
      .expectNothing("a", "b")
      .expectResumeRevision("a", 31n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 31n })
      .serverCreates("a", { revision: 40n })
      .serverCreates("b", { revision: 40n })
      .run());

  it("ask for none while every watch moves, nor of a server whose notices may overtake events", () =>
    watchScenario()
      .userWatches("a")
      .expectThat("an old server", ({ transport }) => {
        transport.version = { value: "3.4.23" };
      })
      .serverCreates("a", { revision: 10n })
      .clockAdvances(MINUTE_MS)
      .serverSends("a", [put("a", 20n)])
      .expectEvents("a", [20n])
      .clockAdvances(MINUTE_MS)
      .expectThat("nothing was asked", ({ transport }) => {
        expect(transport.unaryCalls).toEqual([]);
      })
      .clockAdvances(MINUTE_MS)
      .expectProgressRequests(0)
      .expectThat("but for the version", ({ transport }) => {
        expect(transport.statusRequests).toHaveLength(1);
      })
      .run());

  it("ask, too, where only root may ask for the version: such servers are new", () =>
    watchScenario()
      .userWatches("a")
      .expectThat("a user without rights", ({ transport }) => {
        transport.version = { code: "PERMISSION_DENIED", details: "etcdserver: permission denied" };
      })
      .serverCreates("a", { revision: 10n })
      .clockAdvances(2 * MINUTE_MS)
      .expectProgressRequests(1)
      .run());

  it("a request of the user's that was never answered does not make a later notice visible", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .userRequestsProgress()
      .expectProgressRequests(1)
      .clockAdvances(2 * MINUTE_MS)
      .expectProgressRequests(2)
      .serverBroadcasts(30n)
      .expectNothing("a")
      .userRequestsProgress()
      .serverBroadcasts(31n)
      .expectResponses("a", ["progress 31"])
      .run());
});

describe("a create that is not answered", () => {
  it("[161] while nothing else comes either: the stream is opened at another endpoint", () =>
    watchScenario({ endpoints: ["one:2379", "two:2379"] })
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .userWatches("probe")
      .serverCreates("probe", { revision: 10n })
      .clockAdvances(30_000)
      .userWatches("b")
      .clockAdvances(7_500)
      .expectConnections(["open"])
      .clockAdvances(7_500)
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .expectThat("its endpoint is blamed", ({ transport }) => {
        expect(transport.connections[0]?.isBlamed).toBe(true);
      })
      .serverCreates("a", { revision: 10n })
      .serverCreates("probe", { revision: 10n })
      .serverCreates("b", { revision: 10n })
      .run());

  it("is waited for twice as long each time, and not given up while something comes", () =>
    watchScenario()
      .userWatches("a")
      .clockAdvances(15_000)
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .clockAdvances(15_000)
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .clockAdvances(15_000)
      .clockAdvances(0)
      .expectConnections(["cancelled", "cancelled", "open"])
      .serverCreates("a", { revision: 10n })
      .userWatches("probe")
      .serverCreates("probe", { revision: 10n })
      .userWatches("b")
      .clockAdvances(30_000)
      .serverSends("a", [put("a", 11n)])
      .expectEvents("a", [11n])
      .clockAdvances(30_000)
      .expectConnections(["cancelled", "cancelled", "open"])
      .serverCreates("b", { revision: 11n })
      .run());
});
