import { describe, expect, it } from "vitest";
import { GrpcStatus, type GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { asInt64 } from "../../../src/model/int64.ts";
import { ResponseHeader } from "../../../src/model/response-header.ts";
import { cancelError, codeOfReason, mayPass } from "../../../src/watch/cancel-reason.ts";

/** Go's names of gRPC's codes (google.golang.org/grpc/codes). */
const GO_NAMES: Record<GrpcStatusName, string> = {
  OK: "OK",
  CANCELLED: "Canceled",
  UNKNOWN: "Unknown",
  INVALID_ARGUMENT: "InvalidArgument",
  DEADLINE_EXCEEDED: "DeadlineExceeded",
  NOT_FOUND: "NotFound",
  ALREADY_EXISTS: "AlreadyExists",
  PERMISSION_DENIED: "PermissionDenied",
  RESOURCE_EXHAUSTED: "ResourceExhausted",
  FAILED_PRECONDITION: "FailedPrecondition",
  ABORTED: "Aborted",
  OUT_OF_RANGE: "OutOfRange",
  UNIMPLEMENTED: "Unimplemented",
  INTERNAL: "Internal",
  UNAVAILABLE: "Unavailable",
  DATA_LOSS: "DataLoss",
  UNAUTHENTICATED: "Unauthenticated",
};

const refused = { watchId: -1n, cancelReason: "", compactRevision: 0, requestedRevision: 3n, key: "a" };

describe("codeOfReason()", () => {
  it("reads each of Go's names, and OK as no reason", () => {
    for (const code of Object.keys(GrpcStatus) as GrpcStatusName[]) {
      const expected = code === "OK" ? "UNKNOWN" : code;
      expect(codeOfReason(`rpc error: code = ${GO_NAMES[code]} desc = etcdserver: something`), code).toBe(expected);
    }
  });

  it("is UNKNOWN for a text that names none, or one that does not exist", () => {
    for (const reason of [
      "",
      "mvcc: watcher range is empty",
      "rpc error: code = Strange desc = x",
      "rpc error: code = constructor desc = x",
      "he said: rpc error: code = Internal desc = x",
    ]) {
      expect(codeOfReason(reason), reason).toBe("UNKNOWN");
    }
  });
});

describe("cancelError()", () => {
  it("is a CompactedError with a compact revision, whatever the reason says", () => {
    expect(cancelError({ ...refused, compactRevision: 9, cancelReason: "x" })).toMatchObject({
      name: "CompactedError",
      compactRevision: 9n,
      requestedRevision: 3n,
    });
  });

  it("tells with a CompactedError what the server said of itself", () => {
    const header = ResponseHeader.from({ clusterId: 1n, memberId: 2n, revision: 0n, raftTerm: 3n });
    expect(cancelError({ ...refused, compactRevision: 9, cancelReason: "x", header })).toMatchObject({ header });
    expect(JSON.parse(JSON.stringify(cancelError({ ...refused, compactRevision: 9, cancelReason: "", header })))).toMatchObject({
      header: { cluster_id: "1", member_id: "2", raft_term: 3 },
    });
  });

  it("is a CompactedError without one for etcd's words", () => {
    const error = cancelError({ ...refused, cancelReason: "etcdserver: mvcc: required revision has been compacted" });
    expect(error).toMatchObject({ name: "CompactedError", compactRevision: undefined });
  });

  it("is a WatchCanceledError otherwise, without a reason too", () => {
    const error = cancelError({ ...refused, cancelReason: "rpc error: code = PermissionDenied desc = etcdserver: permission denied" });
    expect(error).toMatchObject({ name: "WatchCanceledError", code: "PERMISSION_DENIED", watchId: -1n, retryable: false });
    expect(cancelError(refused)).toMatchObject({ code: "UNKNOWN", reason: "", message: expect.stringContaining("no reason") as unknown });
  });
});

describe("mayPass()", () => {
  const compacted = (compactRevision: bigint, cancelReason = "") =>
    cancelError({ ...refused, compactRevision: asInt64(compactRevision), cancelReason });

  it("is true of a compaction of what is not needed any more, and of nothing that is", () => {
    expect(mayPass(compacted(9n), 9)).toBe(true);
    expect(mayPass(compacted(9n), 2n ** 50n)).toBe(true);
    expect(mayPass(compacted(9n), 8)).toBe(false);
    expect(mayPass(compacted(9n), 0)).toBe(false);
  });

  it("is false of a compaction that names no revision", () => {
    expect(mayPass(compacted(0n, "etcdserver: mvcc: required revision has been compacted"), 9)).toBe(false);
  });

  it("is true of a server that is not there just now, and of no other reason", () => {
    const canceled = (cancelReason: string) => cancelError({ ...refused, cancelReason });
    expect(mayPass(canceled("rpc error: code = Unavailable desc = transport is closing"), 3)).toBe(true);
    expect(mayPass(canceled("rpc error: code = PermissionDenied desc = etcdserver: permission denied"), 3)).toBe(false);
    expect(mayPass(canceled(""), 3)).toBe(false);
  });
});
