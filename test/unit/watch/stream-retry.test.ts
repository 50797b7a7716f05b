import { describe, expect, it } from "vitest";
import { RpcError } from "../../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { NO_ANSWER } from "../../../src/watch/answer-limit.ts";
import { NEVER_OPENED, StreamRetry } from "../../../src/watch/stream-retry.ts";

const ENDPOINTS = ["one:1", "two:2"];
const error = (code: GrpcStatusName, details = "x"): RpcError => new RpcError({ code, details, path: "/etcdserverpb.Watch/Watch" });
const streamRetry = (): StreamRetry => new StreamRetry({ baseMs: 100, maxMs: 1_000, random: () => 0.5 });

describe("a stream that could not be opened", () => {
  it("is tried after delays that grow: that there was no connection is no success", () => {
    const retry = streamRetry();
    const delaysMs = Array.from({ length: 5 }, () => {
      expect(retry.verdict(error("UNAVAILABLE"), NEVER_OPENED, ENDPOINTS)).toBe("retry");
      return retry.nextDelayMs();
    });
    expect(delaysMs).toEqual([0, 50, 100, 200, 400]);
  });

  it("leaves what is remembered of creates that were not answered, and of endpoints that refused", () => {
    const retry = streamRetry();
    const opened = { healthy: false, answered: false, hasToken: false, hasFreshToken: false };
    retry.verdict(NO_ANSWER, { ...opened, endpoint: "one:1" }, ENDPOINTS);
    expect(retry.verdict(error("FAILED_PRECONDITION"), { ...opened, endpoint: "one:1" }, ENDPOINTS)).toBe("retry");
    retry.verdict(error("UNAVAILABLE"), NEVER_OPENED, ENDPOINTS);
    expect(retry.silences).toBe(1);
    expect(retry.verdict(error("FAILED_PRECONDITION"), { ...opened, endpoint: "two:2" }, ENDPOINTS)).toBe("end");
  });

  it("ends for tokens that are unknown though they were fetched just now, not for those that were too old when they got there", () => {
    const refused = { healthy: false, answered: false, endpoint: "one:1", hasToken: true };
    const late = streamRetry();
    for (let time = 0; time < 10; time++)
      expect(late.verdict(error("UNAUTHENTICATED"), { ...refused, hasFreshToken: false }, ENDPOINTS)).toBe("retry");
    const verdicts = [1, 2, 3].map(() => late.verdict(error("UNAUTHENTICATED"), { ...refused, hasFreshToken: true }, ENDPOINTS));
    expect(verdicts).toEqual(["retry", "retry", "end"]);
  });

  it("for a token that nobody can cure is not tried again", () => {
    expect(streamRetry().verdict(error("UNAUTHENTICATED"), NEVER_OPENED, ENDPOINTS)).toBe("end");
  });
});
