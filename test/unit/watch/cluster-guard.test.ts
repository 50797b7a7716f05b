import { describe, expect, it } from "vitest";
import { ResponseHeader, WatchResponse } from "../../../src/gen/rpc.ts";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

/** A `created` with a header of the test's own. */
function created(watchId: bigint, header: Partial<ResponseHeader>): Buffer {
  return Buffer.from(
    WatchResponse.encode(WatchResponse.fromPartial({ created: true, watchId, header: ResponseHeader.fromPartial(header) })).finish(),
  );
}

describe("another cluster", () => {
  it("[105] with another id ends every watch that knew the old one, and none that did not", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .userWatches("b", { startRevision: 5n })
      .connectionBreaks()
      .expectThat("a is asked for again", ({ transport }) => {
        const connection = transport.connections[1];
        connection?.live.set(0n, connection.unanswered[0] ?? expect.fail("no create"));
        connection?.unanswered.shift();
        connection?.sendBytes(created(0n, { clusterId: 99n, revision: 20n }));
      })
      .expectEnd("a", { name: "ClusterChangedError", code: "CLUSTER_CHANGED", expected: 1n, actual: 99n })
      .expectCancelRequests(0n)
      .serverCreates("b", { revision: 20n })
      .expectNoEnd("b")
      .run());

  it("ignores ids and revisions of 0", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .connectionBreaks()
      .serverCreates("a", { revision: 0n })
      .serverSends("a", [put("a", 11n)], { revision: 0n })
      .expectEvents("a", [11n])
      .expectThat("nothing was read", ({ transport }) => {
        expect(transport.rangeRequests).toEqual([]);
      })
      .run());
});

describe("a revision below the highest seen", () => {
  it("[103] ends the watch if a linearizable read from the same endpoint confirms it", () =>
    watchScenario({ endpoints: ["one:2379", "two:2379"] })
      .userWatches("a", { prefix: true })
      .serverCreates("a", { revision: 10n })
      .serverSends("a", [put("a1", 12n)], { revision: 15n })
      .expectEvents("a", [12n])
      .expectThat("the cluster is restored to 8", ({ transport }) => {
        transport.rangeRevision = { value: 8n };
      })
      .connectionBreaks()
      .serverCreates("a", { revision: 8n })
      .expectEnd("a", { name: "ClusterChangedError", expected: 15n, actual: 8n })
      .expectThat("it was asked where the watch is", ({ transport }) => {
        expect(transport.rangeRequests).toMatchObject([{ key: Buffer.from("a"), rangeEnd: Buffer.from("b"), serializable: false }]);
        expect(transport.unaryEndpoints).toEqual(["two:2379"]);
      })
      .run());

  it("is no matter if the member merely lags behind, and is asked about once a connection", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .userWatches("b")
      .serverCreates("a", { revision: 10n })
      .serverCreates("b", { revision: 15n })
      .serverSends("a", [put("a", 15n)])
      .expectEvents("a", [15n])
      .connectionBreaks()
      .serverCreates("a", { revision: 8n })
      .serverCreates("b", { revision: 9n })
      .serverNotifies("a", 9n)
      .expectThat("each was looked into", ({ transport }) => {
        expect(transport.rangeRequests).toHaveLength(2);
      })
      .serverNotifies("a", 10n)
      .serverSends("a", [put("a", 16n)])
      .expectEvents("a", [16n])
      .expectNothing("b")
      .expectThat("no more was asked", ({ transport }) => {
        expect(transport.rangeRequests).toHaveLength(2);
      })
      .run());

  it("is looked into by one read for all watches, again and again until it is answered, as long as the connection lasts", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .expectThat("reads fail", ({ transport }) => {
        transport.rangeRevision = { code: "UNAVAILABLE", details: "etcdserver: request timed out" };
      })
      .connectionBreaks()
      .serverCreates("a", { revision: 8n })
      .clockAdvances(1_000)
      .clockAdvances(2_000)
      .expectThat("three reads, and the cluster is found restored", ({ transport }) => {
        expect(transport.rangeRequests).toHaveLength(3);
        transport.rangeRevision = { value: 8n };
      })
      .expectNoEnd("a")
      .clockAdvances(4_000)
      .expectEnd("a", { name: "ClusterChangedError", expected: 10n, actual: 8n })
      .run());

  it("of several watches at once is looked into by one read after the other, never by two", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .userWatches("b")
      .serverCreates("b", { revision: 10n })
      .connectionBreaks()
      .expectThat("reads take their time", ({ transport }) => {
        transport.rangeRevision = undefined;
      })
      .serverCreates("a", { revision: 8n })
      .serverCreates("b", { revision: 8n })
      .expectThat("one read is under way", ({ transport }) => {
        expect(transport.rangeRequests).toHaveLength(1);
      })
      .run());

  it("is forgotten with the connection", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 10n })
      .expectThat("reads are not answered", ({ transport }) => {
        transport.rangeRevision = undefined;
      })
      .connectionBreaks()
      .serverCreates("a", { revision: 8n })
      .connectionBreaks()
      .serverCreates("a", { revision: 10n })
      .expectNoEnd("a")
      .run());
});
