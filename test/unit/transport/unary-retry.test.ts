import { describe, expect, it } from "vitest";
import { RpcError } from "../../../src/errors/etcd-error.ts";
import { GrpcStatus, type GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { mayRetryUnary } from "../../../src/transport/unary-retry.ts";

const failure = (code: GrpcStatusName, details = "read ECONNRESET"): RpcError => new RpcError({ code, details, path: "/x" });

describe("mayRetryUnary()", () => {
  it("sends a read again when the server was not available", () => {
    expect(mayRetryUnary(failure("UNAVAILABLE"), { repeatable: true })).toBe(true);
  });

  it("never sends a write again that may have been done", () => {
    expect(mayRetryUnary(failure("UNAVAILABLE"), { repeatable: false })).toBe(false);
    expect(mayRetryUnary(failure("UNAVAILABLE", "etcdserver: request timed out"), { repeatable: false })).toBe(false);
  });

  it("sends a write again that never left", () => {
    const details = "No connection established. Last error: Error: connect ECONNREFUSED";
    expect(mayRetryUnary(failure("UNAVAILABLE", details), { repeatable: false })).toBe(true);
  });

  it("sends a read again whose connection the server closed for too many pings", () => {
    const calm = failure("RESOURCE_EXHAUSTED", "Bandwidth exhausted or memory limit exceeded");
    expect(mayRetryUnary(calm, { repeatable: true })).toBe(true);
    expect(mayRetryUnary(calm, { repeatable: false })).toBe(false);
  });

  it.each((Object.keys(GrpcStatus) as GrpcStatusName[]).filter((code) => code !== "UNAVAILABLE"))("takes %s as an answer", (code) => {
    expect(mayRetryUnary(failure(code), { repeatable: true })).toBe(false);
  });
});
