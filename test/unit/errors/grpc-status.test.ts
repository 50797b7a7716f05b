import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { GrpcStatus, grpcStatusName } from "../../../src/errors/grpc-status.ts";
import { serverErrors, watchRefusals } from "../../../src/errors/server-errors.ts";

describe("grpcStatusName()", () => {
  it("names every status as grpc-js does", () => {
    for (let code = 0; code <= 16; code++) expect(grpcStatusName(code)).toBe(status[code]);
    expect(Object.keys(GrpcStatus)).toHaveLength(17);
  });

  it.each([17, -1, 1.5, NaN])("takes %d, which gRPC does not know, for UNKNOWN", (code) => {
    expect(grpcStatusName(code)).toBe("UNKNOWN");
  });
});

describe("serverErrors", () => {
  it("has a text of its own for each error", () => {
    const messages = Object.values(serverErrors).map(({ message }) => message);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it("starts each text as etcd does, and has a code that gRPC knows", () => {
    for (const { code, message } of Object.values(serverErrors)) {
      expect(message).toMatch(/^etcdserver: /);
      expect(GrpcStatus[code]).toBeGreaterThan(0);
    }
    for (const reason of Object.values(watchRefusals)) expect(reason).toMatch(/^mvcc: /);
  });
});
