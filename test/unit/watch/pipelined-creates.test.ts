import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { type WatchScenario, watchScenario } from "../../support/watch-scenario.ts";

const names = Array.from({ length: 8 }, (_, index) => `w${String(index)}`);

/** Eight watches of which two are created: the window is open, and six creates are in flight. */
function openWindow(): WatchScenario {
  const scenario = watchScenario();
  for (const name of names) scenario.userWatches(name, { startRevision: 5n });
  return scenario.serverCreatesAsAsked("w0", "w1").expectThat("six are in flight", ({ transport }) => {
    expect(transport.connections[0]?.unanswered).toHaveLength(6);
  });
}

describe("pipelined creates", () => {
  it("[179] go out one, one, and then all at once", () =>
    openWindow()
      .serverCreatesAsAsked(...names.slice(2))
      .serverSends("w7", [put("w7", 6n)])
      .serverSends("w2", [put("w2", 7n)])
      .expectEvents("w7", [6n])
      .expectEvents("w2", [7n])
      .run());

  it("[173] a refusal in the middle ends its own watch, and no other", () =>
    openWindow()
      .serverCreatesAsAsked("w2")
      .serverRefuses("w3", "etcdserver: permission denied")
      .serverCreatesAsAsked("w4", "w5", "w6", "w7")
      .serverSends("w4", [put("w4", 6n)])
      .expectEvents("w4", [6n])
      .expectEnd("w3", { reason: "etcdserver: permission denied" })
      .run());

  it("[57] [56] one that is cancelled in flight is cancelled on the server when it is answered", () =>
    openWindow()
      .userCancels("w3")
      .serverCreatesAsAsked("w2")
      .expectThat("the server answers the abandoned one", ({ transport }) => {
        const [connection] = transport.connections;
        const watchId = connection?.unanswered[0]?.watchId ?? 0n;
        connection?.send({ created: true, watchId });
        expect(connection?.cancels).toEqual([watchId]);
      })
      .serverCreatesAsAsked("w4", "w5", "w6", "w7")
      .run());

  it("[92] a connection that breaks in the middle takes them all back; each is created once on the next", () =>
    openWindow()
      .serverCreatesAsAsked("w2", "w3")
      .serverSends("w3", [put("w3", 9n)])
      .expectEvents("w3", [9n])
      .connectionBreaks()
      .expectCreateRequest("w0", { startRevision: 5n, watchId: 0n })
      .serverCreatesAsAsked("w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7")
      .expectThat("from where each was", ({ transport }) => {
        const creates = transport.connections[1]?.creates ?? [];
        expect(creates.map(({ key, startRevision }) => `${key.toString()} ${String(startRevision)}`)).toEqual(
          names.map((name) => `${name} ${name === "w3" ? "10" : "5"}`),
        );
      })
      .run());

  it("answers out of order start the stream over, with one create at a time, and nothing is lost", () =>
    openWindow()
      .expectThat("the server answers the second one first", ({ transport }) => {
        const [connection] = transport.connections;
        connection?.send({ created: true, watchId: connection.unanswered[1]?.watchId ?? 0n });
      })
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .expectCreateRequest("w0", { startRevision: 5n, watchId: 0n })
      .serverCreatesAsAsked("w0", "w1", "w2")
      .expectThat("one at a time, without an id", ({ transport }) => {
        const [, connection] = transport.connections;
        expect(connection?.unanswered).toHaveLength(1);
        expect(connection?.creates.map(({ watchId }) => watchId)).toEqual([0n, 0n, 0n, 0n]);
      })
      .serverCreatesAsAsked("w3", "w4", "w5", "w6", "w7")
      .run());

  it("a probe that is dropped is sent again without an id on the next connection (kine)", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .userWatches("b")
      .clockAdvances(1_000)
      .clockAdvances(0)
      .expectConnections(["cancelled", "open"])
      .serverCreates("a")
      .expectCreateRequest("b", { watchId: 0n })
      .serverCreates("b")
      .serverSends("b", [put("b", 6n)])
      .expectEvents("b", [6n])
      .run());
});
