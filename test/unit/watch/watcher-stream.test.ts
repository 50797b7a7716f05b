import { describe, expect, it } from "vitest";
import { UnreadBytes } from "../../../src/watch/unread-bytes.ts";
import { put, responseBytes } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

const large = (key: string, revision: bigint) => put(key, revision, { value: "x".repeat(100) });
const answerBytes = responseBytes({ events: [large("a", 2n)] }).length;
/** Three answers, and not four. */
const ceilingBytes = 3 * answerBytes + 10;
const slow = { reads: "when told", startRevision: 1n } as const;

describe("the ceiling for all watches", () => {
  it("parks those that hold more than their share, though their own bound is far, until all of them hold less again", () =>
    watchScenario({ unread: new UnreadBytes(ceilingBytes) })
      .userWatches("a", slow)
      .serverCreates("a")
      .userWatches("b", slow)
      .serverCreates("b")
      .serverSends("a", [large("a", 2n)])
      .serverSends("a", [large("a", 3n)])
      .serverSends("a", [large("a", 4n)])
      .expectState("a", "watching")
      .serverSends("a", [large("a", 5n)])
      .expectState("a", "parked")
      .serverSends("b", [large("b", 6n)])
      .expectState("b", "watching")
      .serverSends("b", [large("b", 7n)])
      .expectState("b", "parked")
      .userReads("a", 2)
      .expectEvents("a", [2n, 3n])
      .expectState("a", "parked") // half of its share is less than the two that are left
      .userReads("a")
      .expectEvents("a", [4n])
      .expectCreateRequest("a", { startRevision: 6n })
      .userReads("a")
      .expectEvents("a", [5n])
      .userReads("b", 2)
      .expectEvents("b", [6n, 7n])
      .run());

  it("ends no watch that would rather fail than be parked: that is for its own bound", () =>
    watchScenario({ unread: new UnreadBytes(ceilingBytes) })
      .userWatches("a", { ...slow, buffer: { whenFull: "fail" } })
      .serverCreates("a")
      .serverSends("a", [large("a", 2n)])
      .serverSends("a", [large("a", 3n)])
      .serverSends("a", [large("a", 4n)])
      .serverSends("a", [large("a", 5n)])
      .expectState("a", "watching")
      .userReads("a", 4)
      .expectEvents("a", [2n, 3n, 4n, 5n])
      .run());

  it("is shared by the watches that have not ended", () =>
    watchScenario()
      .userWatches("a")
      .serverCreates("a")
      .userWatches("b")
      .serverCreates("b")
      .userWatches("c")
      .serverCreates("c")
      .expectThat("they are three", ({ host }) => {
        expect(host.unread.watches).toBe(3);
      })
      .userCancels("b")
      .serverCancels("c", { cancelReason: "why not" })
      .userCancels("b")
      .expectThat("one is left", ({ host }) => {
        expect(host.unread.watches).toBe(1);
      })
      .run());
});
