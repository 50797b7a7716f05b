import { describe, expect, it } from "vitest";
import { GrpcStatus, type GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { serverErrors } from "../../../src/errors/server-errors.ts";
import { type StreamVerdict, streamVerdict } from "../../../src/watch/stream-verdict.ts";

/** With details that say nothing. No `Partial`: each of the codes must be answered for. */
const VERDICTS: Record<GrpcStatusName, StreamVerdict> = {
  OK: "retry",
  CANCELLED: "retry",
  UNKNOWN: "retry",
  INVALID_ARGUMENT: "end",
  DEADLINE_EXCEEDED: "retry",
  NOT_FOUND: "retry",
  ALREADY_EXISTS: "retry",
  PERMISSION_DENIED: "end",
  RESOURCE_EXHAUSTED: "retry",
  FAILED_PRECONDITION: "retry-elsewhere",
  ABORTED: "retry",
  OUT_OF_RANGE: "retry",
  UNIMPLEMENTED: "end",
  INTERNAL: "retry",
  UNAVAILABLE: "retry",
  DATA_LOSS: "end",
  UNAUTHENTICATED: "end",
};

/** What etcd may end a Watch stream with, word for word, where the words could matter. */
const SAID: Partial<Record<keyof typeof serverErrors, StreamVerdict>> = {
  noLeader: "retry",
  leaderChanged: "retry",
  stopped: "retry",
  timeout: "retry",
  unhealthy: "retry",
  watchCanceled: "retry",
  tooManyRequests: "retry",
  noSpace: "retry",
  compacted: "retry",
  futureRevision: "retry",
  authOldRevision: "retry",
  userEmpty: "retry",
  authFailed: "end",
  permissionDenied: "end",
  invalidAuthToken: "end",
  corrupt: "end",
  notCapable: "retry-elsewhere",
  notSupportedForLearner: "retry-elsewhere",
  clusterIdMismatch: "retry-elsewhere",
  authNotEnabled: "retry-elsewhere",
};

describe("streamVerdict()", () => {
  it("answers for all 17 codes", () => {
    expect(Object.keys(VERDICTS)).toEqual(Object.keys(GrpcStatus));
    expect(Object.keys(VERDICTS).length).toBe(17);
  });

  for (const [code, verdict] of Object.entries(VERDICTS) as [GrpcStatusName, StreamVerdict][]) {
    it(`${code}: ${verdict}`, () => {
      expect(streamVerdict({ code, details: "" })).toBe(verdict);
    });
  }

  for (const [name, verdict] of Object.entries(SAID) as [keyof typeof serverErrors, StreamVerdict][]) {
    const { code, message: details } = serverErrors[name];
    it(`"${details}" (${code}): ${verdict}`, () => {
      expect(streamVerdict({ code, details })).toBe(verdict);
    });
  }

  it("tells our own receive limit from what a server lacks", () => {
    const details = "Received message larger than max (5242880 vs. 4194304)";
    expect(streamVerdict({ code: "RESOURCE_EXHAUSTED", details })).toBe("too-large");
    expect(streamVerdict({ code: "INTERNAL", details })).toBe("retry");
  });
});
