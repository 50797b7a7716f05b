import { describe, expect, it } from "vitest";
import { jsonInteger, jsonObject } from "../../../src/model/json-form.ts";
import { ResponseHeader } from "../../../src/model/response-header.ts";

describe("jsonInteger()", () => {
  it.each([
    [0n, 0],
    [-7n, -7],
    [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    [2n ** 53n, "9007199254740992"],
    [-(2n ** 63n), "-9223372036854775808"],
  ])("writes %s as %o", (value, expected) => {
    expect(jsonInteger(value)).toBe(expected);
  });
});

describe("jsonObject()", () => {
  it("leaves out what etcdctl leaves out, and keeps the order", () => {
    const fields = { a: 1, b: 0, c: "", d: "x", e: false, f: true, g: undefined, h: {} };
    expect(JSON.stringify(jsonObject(fields))).toBe('{"a":1,"d":"x","f":true,"h":{}}');
  });
});

describe("ResponseHeader", () => {
  it("writes ids as strings, as they are beyond what a number can hold", () => {
    const header = ResponseHeader.from({ clusterId: 2n ** 64n - 1n, memberId: 5n, revision: 7n, raftTerm: 2n });
    expect(JSON.stringify(header)).toBe('{"cluster_id":"18446744073709551615","member_id":"5","revision":7,"raft_term":2}');
  });

  it("of a server that sends none counts as all 0", () => {
    expect(ResponseHeader.from(undefined)).toMatchObject({ clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n });
    expect(JSON.stringify(ResponseHeader.from(undefined))).toBe("{}");
  });

  it("keeps what the server sends", () => {
    const fields = { clusterId: 1n, memberId: 2n, revision: 3n, raftTerm: 4n };
    expect(ResponseHeader.from(fields)).toMatchObject(fields);
  });
});
