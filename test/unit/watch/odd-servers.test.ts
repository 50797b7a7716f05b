import { describe, expect, it } from "vitest";
import { Event_EventType } from "../../../src/gen/kv.ts";
import { put, type ResponseFields, responseBytes, unheardOf } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

const GARBAGE = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** A message with a field that no version of etcd has, in front and behind. */
function withUnknownFields(bytes: Buffer): Buffer {
  const unknown = Buffer.from([0xf8, 0x07, 0x2a, 0xf2, 0x07, 0x02, 0x68, 0x69]); // 127: varint 42; 126: "hi"
  return Buffer.concat([unknown, bytes, unknown]);
}

describe("a server that is not quite etcd", () => {
  it("[173] answers creates in another order than they came: each answer belongs to the one in flight", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("b", { startRevision: 1n })
      .serverCreates("a", { watchId: 8n })
      .serverCreates("b", { watchId: 3n })
      .serverAnswers({ watchId: 3n, events: [put("b", 2n)] })
      .serverAnswers({ watchId: 8n, events: [put("a", 2n)] })
      .expectEvents("a", [2n])
      .expectEvents("b", [2n])
      .run());

  it("[181] leaves the header out: that counts as revision 0", () =>
    watchScenario()
      .userWatches("a", { startRevision: 4n })
      .serverCreates("a", { revision: 0n })
      .serverSends("a", [put("a", 4n)], { revision: 0n })
      .expectEvents("a", [4n])
      .serverAnswers({ watchId: 0n, revision: 0n })
      .expectNothing("a")
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 5n })
      .run());

  it("[182] refuses with id 0, as before etcd-io/etcd#14562: only the new watch fails", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { watchId: 0n, revision: 1n })
      .userWatches("b")
      .serverRefuses("b", "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", { watchId: 0n })
      .expectEnd("b", { name: "WatchCanceledError", code: "UNAUTHENTICATED" })
      .expectNoEnd("a")
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .run());

  it("[185] sends an answer without events: it is progress, and never an empty answer", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 1n })
      .userWatches("b", { progressNotify: true })
      .serverCreates("b", { revision: 1n })
      .serverNotifies("a", 6n)
      .serverNotifies("b", 6n)
      .expectNothing("a")
      .expectResponses("b", ["progress 6"])
      .run());

  it("[186] sends `created` twice with nothing requested: those ids are cancelled", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 1n })
      .serverAnswers({ created: true, watchId: 5n })
      .serverAnswers({ created: true, watchId: 6n })
      .expectCancelRequests(5n, 6n)
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .run());

  it("[186] sends a `created` again that it has sent: it is ignored", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a", { revision: 1n })
      .serverAnswers({ created: true, watchId: 0n })
      .expectState("a", "watching")
      .expectConnections(["open"])
      .expectCancelRequests()
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .run());

  it("gives a second watch the id of a live one: the stream starts over, and neither is mistaken for the other", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a", { watchId: 4n })
      .userWatches("b", { startRevision: 1n })
      .expectThat("b is created with the id of a", ({ transport }) => {
        transport.connections[0]?.send({ created: true, watchId: 4n });
      })
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .serverCreates("a")
      .serverCreates("b")
      .run());

  it("[187] sends fields and types of event that we do not know: they are passed over", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a")
      .serverAnswers(withUnknownFields(responseBytes({ watchId: 0n, events: [put("a", 2n)] })))
      .expectEvents("a", [2n])
      .serverSends("a", [put("a", 3n), unheardOf("a", 4n)])
      .expectEvents("a", [3n])
      .serverSends("a", [unheardOf("a", 5n)])
      .expectNothing("a")
      .expectResumeRevision("a", 6n)
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 6n })
      .run());

  it("answers a create with id -1 and calls it no refusal: it is one", () =>
    watchScenario()
      .userWatches("a")
      .serverAnswers({ created: true, watchId: -1n, cancelReason: "no room", revision: 4n })
      .expectEnd("a", { name: "WatchCanceledError", reason: "no room", watchId: -1n })
      .run());

  it("sends garbage: the stream starts over, three times at the most", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a")
      .serverAnswers(GARBAGE)
      .expectConnections(["cancelled"])
      .clockAdvances(0)
      .expectCreateRequest("a", { startRevision: 1n })
      .serverAnswers(GARBAGE)
      .clockAdvances(0)
      .expectNoEnd("a")
      .serverAnswers(GARBAGE)
      .expectEnd("a", { name: "ProtocolError", code: "PROTOCOL" })
      .expectConnections(["cancelled", "cancelled", "cancelled"])
      .run());

  it("sends garbage now and then: what it gave between makes up for it", () => {
    const scenario = watchScenario().userWatches("a", { startRevision: 1n });
    for (let revision = 1n; revision <= 6n; revision++) {
      scenario
        .serverCreates("a")
        .serverSends("a", [put("a", revision)])
        .expectEvents("a", [revision])
        .serverAnswers(GARBAGE)
        .clockAdvances(0);
    }
    return scenario.expectNoEnd("a").run();
  });

  it.each<[string, ResponseFields]>([
    ["an event without a key", { revision: 9n, events: [{ type: Event_EventType.PUT, kv: undefined, prevKv: undefined }] }],
    ["revisions that go down", { events: [put("a", 9n), put("a", 8n)] }],
    ["an event of revision 0", { revision: 9n, events: [put("a", 0n)] }],
    ["the last revision there can be", { events: [put("a", 2n ** 63n - 1n)] }],
    ["a notice of the last revision there can be", { revision: 2n ** 63n - 1n }],
    ["a notice of a revision below 0", { revision: -5n }],
  ])("sends %s: that ends the watch that it is for, and no other", (_, fields) =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .userWatches("b", { startRevision: 1n })
      .serverCreates("a")
      .serverCreates("b")
      .serverAnswers({ watchId: 0n, ...fields })
      .expectEnd("a", { name: "ProtocolError", code: "PROTOCOL" })
      .expectCancelRequests(0n)
      .serverSends("b", [put("b", 10n)])
      .expectEvents("b", [10n])
      .connectionBreaks()
      .serverCreates("b", { revision: 10n })
      .expectNoEnd("b")
      .run(),
  );

  it("sends pieces whose revisions go down from one to the next: that ends the watch that they are for", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n, fragment: true })
      .serverCreates("a")
      .serverAnswers({ watchId: 0n, fragment: true, events: [put("a", 9n)] })
      .serverAnswers({ watchId: 0n, events: [put("a", 8n)] })
      .expectEnd("a", { name: "ProtocolError" })
      .run());

  it("sends a last piece below the one before it, of a type that we do not know: that ends the watch, too", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n, fragment: true })
      .serverCreates("a")
      .serverAnswers({ watchId: 0n, fragment: true, events: [put("a", 9n)] })
      .serverAnswers({ watchId: 0n, events: [unheardOf("a", 6n)] })
      .expectEnd("a", { name: "ProtocolError" })
      .run());

  it("creates a watch at the last revision there can be, or at one below 0: that ends the watch", async () => {
    for (const revision of [2n ** 63n - 1n, -1n])
      await watchScenario().userWatches("a").serverCreates("a", { revision }).expectEnd("a", { name: "ProtocolError" }).run();
  });

  it("broadcasts the last revision there can be: no watch believes it", () =>
    watchScenario()
      .userWatches("a", { progressNotify: true })
      .serverCreates("a", { revision: 5n })
      .serverBroadcasts(2n ** 63n - 1n)
      .expectNothing("a")
      .expectResumeRevision("a", 6n)
      .run());

  it("tells no revision in its `created`, and the last there can be to who reads: it is asked again", () =>
    watchScenario()
      .expectThat("a store at its end", ({ transport }) => {
        transport.rangeRevision = { value: 2n ** 63n - 1n };
      })
      .userWatches("a")
      .serverCreates("a", { revision: 0n })
      .expectNoCreateRequest()
      .expectThat("a store as others", ({ transport, log }) => {
        expect(log).toContain("warn: The revision to watch from could not be read; trying again");
        transport.rangeRevision = { value: 7n };
      })
      .clockAdvances(1_000)
      .expectCreateRequest("a", { startRevision: 8n })
      .run());

  it("sends events with a `created`: they are delivered, after it", () =>
    watchScenario()
      .userWatches("a", { startRevision: 3n, createdNotify: true })
      .serverCreates("a", { revision: 9n, events: [put("a", 4n), put("a", 6n)] })
      .expectResponses("a", ["created 9", [4n, 6n]])
      .expectResumeRevision("a", 7n)
      .run());

  it("sends events of ever new watches that nobody asked for: it is not listened to for ever", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a")
      .expectThat("20,000 unknown ids come", ({ transport }) => {
        const [connection] = transport.connections;
        for (let id = 1n; id <= 20_000n && connection?.state === "open"; id++) connection.send({ watchId: id, events: [put("x", 2n)] });
        expect(connection?.cancels.length).toBe(10_000);
      })
      .expectConnections(["cancelled"])
      .run());

  it("creates ever new watches that nobody asked for: it is not listened to for ever", () =>
    watchScenario()
      .userWatches("a", { startRevision: 1n })
      .serverCreates("a")
      .expectThat("20,000 unknown ids come", ({ transport }) => {
        const [connection] = transport.connections;
        for (let id = 1n; id <= 20_000n && connection?.state === "open"; id++) connection.send({ created: true, watchId: id });
        expect(connection?.cancels.length).toBe(10_000);
      })
      .expectConnections(["cancelled"])
      .run());
});
