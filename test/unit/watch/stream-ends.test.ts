import { describe, expect, it } from "vitest";
import type { GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { put } from "../../support/watch-messages.ts";
import { watchScenario } from "../../support/watch-scenario.ts";

/** What api.md says of each of gRPC's 17 codes, for a stream whose only endpoint gives it. */
const OUTCOMES: Record<GrpcStatusName, "resumes" | "ends"> = {
  OK: "resumes",
  CANCELLED: "resumes",
  UNKNOWN: "resumes",
  INVALID_ARGUMENT: "ends",
  DEADLINE_EXCEEDED: "resumes",
  NOT_FOUND: "resumes",
  ALREADY_EXISTS: "resumes",
  PERMISSION_DENIED: "ends",
  RESOURCE_EXHAUSTED: "resumes",
  FAILED_PRECONDITION: "ends",
  ABORTED: "resumes",
  OUT_OF_RANGE: "resumes",
  UNIMPLEMENTED: "ends",
  INTERNAL: "resumes",
  UNAVAILABLE: "resumes",
  DATA_LOSS: "ends",
  UNAUTHENTICATED: "ends",
};

describe("a stream that ends", () => {
  for (const [code, outcome] of Object.entries(OUTCOMES) as [GrpcStatusName, "resumes" | "ends"][]) {
    it(`[138] with ${code} ${outcome}`, () => {
      const scenario = watchScenario()
        .userWatches("a", { startRevision: 1n })
        .serverCreates("a")
        .serverSends("a", [put("a", 4n)])
        .expectEvents("a", [4n])
        .connectionBreaks(code, "because");
      if (outcome === "resumes") return scenario.expectNoEnd("a").expectCreateRequest("a", { startRevision: 5n }).run();
      return scenario
        .expectEnd("a", { name: "RpcError", code, details: "because", path: "/etcdserverpb.Watch/Watch" })
        .expectConnections(["ended"])
        .expectResumeRevision("a", 5n)
        .run();
    });
  }

  for (const details of ["etcdserver: revision of auth store is old", "etcdserver: user name is empty"]) {
    it(`[138] with INVALID_ARGUMENT "${details}" resumes`, () =>
      watchScenario()
        .userWatches("a", { startRevision: 1n })
        .connectionBreaks("INVALID_ARGUMENT", details)
        .expectCreateRequest("a", { startRevision: 1n })
        .run());
  }

  it('with UNAVAILABLE "no leader" goes on at the next endpoint', () =>
    watchScenario({ endpoints: ["one:2379", "two:2379"] })
      .userWatches("a")
      .serverCreates("a", { revision: 3n })
      .connectionBreaks("UNAVAILABLE", "etcdserver: no leader")
      .serverCreates("a")
      .expectThat("two serves it", (_, watch) => {
        expect(watch("a").channel.status).toMatchObject({ state: "watching", endpoint: "two:2379" });
      })
      .run());

  it("with FAILED_PRECONDITION ends its watches once every endpoint has given it", () =>
    watchScenario({ endpoints: ["one:2379", "two:2379", "three:2379"] })
      .userWatches("a", { startRevision: 1n })
      .connectionBreaks("FAILED_PRECONDITION", "etcdserver: not capable")
      .connectionBreaks("FAILED_PRECONDITION", "etcdserver: not capable")
      .expectNoEnd("a")
      .connectionBreaks("FAILED_PRECONDITION", "etcdserver: not capable")
      .expectEnd("a", { code: "FAILED_PRECONDITION" })
      .run());

  it("with FAILED_PRECONDITION does not count what an endpoint said before a watch was created", () =>
    watchScenario({ endpoints: ["one:2379", "two:2379"] })
      .userWatches("a", { startRevision: 1n })
      .connectionBreaks("FAILED_PRECONDITION", "learner")
      .serverCreates("a")
      .connectionBreaks("UNAVAILABLE")
      .connectionBreaks("UNAVAILABLE")
      .connectionBreaks("FAILED_PRECONDITION", "learner")
      .expectNoEnd("a")
      .run());

  it("[94] again and again is tried again after delays that grow to a cap, and after a healthy one from the start", async () => {
    const attempts: number[] = [];
    const scenario = watchScenario({ backoff: { baseMs: 100, maxMs: 1_000, random: () => 0.5 } }).userWatches("a", { startRevision: 1n });
    for (let index = 0; index < 10; index++) scenario.connectionBreaks().clockAdvances(1_000);
    await scenario
      .expectThat("the tries are spaced", ({ transport, clock }) => {
        expect(transport.connections.length).toBe(11);
        attempts.push(clock.nowMs());
      })
      .serverCreates("a")
      .serverSends("a", [put("a", 2n)])
      .expectEvents("a", [2n])
      .connectionBreaks()
      .expectCreateRequest("a", { startRevision: 3n })
      .connectionBreaks()
      .expectNoCreateRequest()
      .clockAdvances(50)
      .expectCreateRequest("a", { startRevision: 3n })
      .run();
  });

  it("[94] waits 0, 50, 100, 200, 400, 500, 500 ms with a base of 100, a cap of 1,000 and even chances", () => {
    const scenario = watchScenario({ backoff: { baseMs: 100, maxMs: 1_000, random: () => 0.5 } }).userWatches("a", { startRevision: 1n });
    for (const delayMs of [0, 50, 100, 200, 400, 500, 500]) {
      scenario.connectionBreaks();
      if (delayMs > 0)
        scenario
          .clockAdvances(delayMs - 1)
          .expectNoCreateRequest()
          .clockAdvances(1);
      scenario.expectCreateRequest("a");
    }
    return scenario.run();
  });

  it("[95] as soon as it has opened, a thousand times over, is not opened at full speed, not even when it answers a create", () => {
    const scenario = watchScenario({ backoff: { baseMs: 20, maxMs: 3_000, random: () => 1 } }).userWatches("a", { startRevision: 1n });
    for (const delayMs of [0, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_000, 3_000])
      scenario.serverCreates("a").connectionBreaks("INTERNAL", "RST_STREAM").clockAdvances(delayMs);
    return scenario
      .serverCreates("a")
      .connectionBreaks("INTERNAL", "RST_STREAM")
      .clockAdvances(2_999)
      .expectNoCreateRequest()
      .expectThat("eleven tries took 11 s", ({ transport, clock }) => {
        expect(transport.connections.length).toBe(12);
        expect(clock.nowMs()).toBe(14_099);
      })
      .run();
  });
});
