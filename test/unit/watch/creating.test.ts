import { describe, expect, it } from "vitest";
import { WatchCreateRequest_FilterType } from "../../../src/gen/rpc.ts";
import { put, remove } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

const bytes = (...values: number[]): Buffer => Buffer.from(values);

describe("a create request", () => {
  it("[5] of the prefix of an empty key asks for 0x00 to 0x00, which is everything", () =>
    watchScenario()
      .userWatches("all", { key: "", prefix: true })
      .expectCreateRequest("all", { key: bytes(0), rangeEnd: bytes(0) })
      .serverCreates("all", { revision: 1n })
      .serverSends("all", [put("anything", 2n)])
      .expectEvents("all", [2n])
      .run());

  it("[6] of a prefix ends at the prefix with its last byte below 0xff incremented, and the tail cut", () =>
    watchScenario()
      .userWatches("tail", { key: bytes(0x61, 0x62, 0xff, 0xff), prefix: true })
      .expectCreateRequest("tail", { key: bytes(0x61, 0x62, 0xff, 0xff), rangeEnd: bytes(0x61, 0x63) })
      .serverCreates("tail")
      .userWatches("only 0xff", { key: bytes(0xff, 0xff), prefix: true })
      .expectCreateRequest("only 0xff", { key: bytes(0xff, 0xff), rangeEnd: bytes(0) })
      .run());

  it("[8] from a key on ends at 0x00; from an empty key it is everything", () =>
    watchScenario()
      .userWatches("b", { fromKey: true })
      .expectCreateRequest("b", { key: Buffer.from("b"), rangeEnd: bytes(0) })
      .serverCreates("b")
      .serverSends("b", [put("b", 4n)])
      .serverSends("b", [put("z", 5n)])
      .expectEvents("b", [4n, 5n])
      .userWatches("all", { key: "", fromKey: true })
      .expectCreateRequest("all", { key: bytes(0), rangeEnd: bytes(0) })
      .run());

  it("[13] without options carries the key alone", () =>
    watchScenario()
      .userWatches("a")
      .expectThat("only the key is set", ({ transport }) => {
        expect(transport.connections[0]?.creates).toEqual([
          {
            key: Buffer.from("a"),
            rangeEnd: bytes(),
            startRevision: 0n,
            progressNotify: false,
            filters: [],
            prevKv: false,
            watchId: 0n,
            fragment: false,
          },
        ]);
      })
      .run());

  it("[14] has its filters as NOPUT, NODELETE, in whatever order they were given", () =>
    watchScenario()
      .userWatches("a", { filters: ["nodelete", "noput"] })
      .expectCreateRequest("a", { filters: [WatchCreateRequest_FilterType.NOPUT, WatchCreateRequest_FilterType.NODELETE] })
      .run());
});

describe("created", () => {
  it("[42] is told once, and not again after a reconnect", () =>
    watchScenario()
      .userWatches("a", { createdNotify: true })
      .serverCreates("a", { revision: 3n })
      .expectResponses("a", ["created 3"])
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 4n })
      .serverCreates("a", { revision: 9n })
      .expectNothing("a")
      .run());

  it("[43] is not told of a watch that was refused", () =>
    watchScenario()
      .userWatches("a", { createdNotify: true })
      .serverRefuses("a", "mvcc: watcher range is empty")
      .expectNothing("a")
      .expectEnd("a", { name: "WatchCanceledError", reason: "mvcc: watcher range is empty", code: "UNKNOWN", watchId: -1n })
      .expectCreated("a", { name: "WatchCanceledError" })
      .run());

  it("[45] comes before the events that the server sent right behind it", () =>
    watchScenario()
      .userWatches("a", { createdNotify: true, startRevision: 2n })
      .expectThat("created and events come in one go", ({ transport }) => {
        const [connection] = transport.connections;
        connection?.send({ created: true, watchId: 0n, revision: 5n });
        connection?.send({ watchId: 0n, events: [put("a", 2n), remove("a", 5n)] });
      })
      .expectResponses("a", ["created 5", [2n, 5n]])
      .run());

  it("fulfils with the store's revision, and a from-now watch begins at the next one", () =>
    watchScenario()
      .userWatches("a")
      .expectCreated("a", undefined)
      .expectResumeRevision("a", 0n)
      .serverCreates("a", { revision: 7n })
      .expectCreated("a", 7n)
      .expectResumeRevision("a", 8n)
      .serverSends("a", [put("a", 6n), put("a", 7n)])
      .expectNothing("a")
      .serverSends("a", [put("a", 7n), put("a", 8n)])
      .expectEvents("a", [8n])
      .run());

  it("of a given start says nothing about where the watch is", () =>
    watchScenario()
      .userWatches("a", { startRevision: 3n })
      .expectResumeRevision("a", 3n)
      .serverCreates("a", { revision: 70n })
      .expectCreated("a", 70n)
      .expectResumeRevision("a", 3n)
      .run());

  it("rejects with ClosedError when the user gives up first, and fulfils still when the watch is compacted away later", () =>
    watchScenario()
      .userWatches("a")
      .userCancels("a")
      .expectCreated("a", { name: "ClosedError" })
      .userWatches("b", { startRevision: 1n })
      .serverCreates("b", { revision: 9n })
      .serverCancels("b", { compactRevision: 5n, revision: 0n })
      .expectCreated("b", 9n)
      .expectEnd("b", { name: "CompactedError" })
      .run());

  it("rejects with the signal's reason after an abort", () =>
    watchScenario()
      .userWatches("a")
      .userAborts("a", new RangeError("had enough"))
      .expectCreated("a", { name: "RangeError", message: "had enough" })
      .expectEnd("a", "quietly")
      .run());

  it("rejects with ClosedError when the watcher closes, or the loop is left", () =>
    watchScenario()
      .userWatches("left")
      .userLeavesTheLoop("left")
      .expectCreated("left", { name: "ClosedError" })
      .userWatches("a")
      .userCloses()
      .expectCreated("a", { name: "ClosedError" })
      .expectEnd("a", "quietly")
      .userWatches("too late")
      .expectEnd("too late", { name: "ClosedError" })
      .expectCreated("too late", { name: "ClosedError" })
      .run());

  it("without a revision (kine) is made up for by one Range of the watched key", () =>
    watchScenario()
      .expectThat("the store is at 40", ({ transport }) => {
        transport.rangeRevision = { value: 40n };
      })
      .userWatches("a", { prefix: true })
      .serverCreates("a", { revision: 0n })
      .expectCreateRequest("a", { startRevision: 41n })
      .expectCancelRequests(0n)
      .expectThat("one Range was sent, of the key", ({ transport }) => {
        expect(transport.rangeRequests).toMatchObject([{ key: Buffer.from("a"), rangeEnd: Buffer.from("b"), serializable: false }]);
      })
      .serverCreates("a", { revision: 0n })
      .expectCreated("a", 40n)
      .expectResumeRevision("a", 41n)
      .run());

  it("without a revision, for a given start, needs no Range", () =>
    watchScenario()
      .userWatches("a", { startRevision: 5n })
      .serverCreates("a", { revision: 0n })
      .expectState("a", "watching")
      .serverSends("a", [put("a", 5n)], { revision: 0n })
      .expectEvents("a", [5n])
      .expectThat("no Range was sent", ({ transport }) => {
        expect(transport.unaryCalls).toEqual([]);
      })
      .run());

  it("without a revision asks again when the Range fails", () =>
    watchScenario()
      .expectThat("the store cannot be read", ({ transport }) => {
        transport.rangeRevision = { code: "UNAVAILABLE", details: "no" };
      })
      .userWatches("a")
      .serverCreates("a", { revision: 0n })
      .expectState("a", "parked")
      .expectThat("now it can", ({ transport }) => {
        transport.rangeRevision = { value: 12n };
      })
      .clockAdvances(1_000)
      .expectCreateRequest("a", { startRevision: 13n })
      .run());
});
