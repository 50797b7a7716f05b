import { describe, expect, it } from "vitest";
import { CompactResponse, DeleteResponse, GetResponse, PutResponse } from "../../../src/client/kv-responses.ts";
import { HEADER, wireKeyValue } from "../../support/kv-harness.ts";

// What etcdctl 3.4.23 printed with -w json for the same, its ids put in quotes.
const header = '"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":7,"raft_term":2}';
const key = '{"key":"YQ==","create_revision":2,"mod_revision":3,"version":2,"value":"Mg=="}';

describe("GetResponse.toJSON()", () => {
  it("is etcdctl's form of a get", () => {
    const response = new GetResponse({ header: HEADER, kvs: [wireKeyValue("a", "2")], more: true, count: 2n });
    expect(JSON.stringify(response)).toBe(`{${header},"kvs":[${key}],"more":true,"count":2}`);
  });

  it("leaves out what is empty", () => {
    expect(JSON.stringify(new GetResponse({ header: HEADER, kvs: [], more: false, count: 0n }))).toBe(`{${header}}`);
  });
});

describe("PutResponse.toJSON()", () => {
  it("is etcdctl's form of a put", () => {
    expect(JSON.stringify(new PutResponse({ header: HEADER, prevKv: wireKeyValue("a", "2") }))).toBe(`{${header},"prev_kv":${key}}`);
    expect(JSON.stringify(new PutResponse({ header: HEADER, prevKv: undefined }))).toBe(`{${header}}`);
  });
});

describe("DeleteResponse.toJSON()", () => {
  it("is etcdctl's form of a del", () => {
    const response = new DeleteResponse({ header: HEADER, deleted: 1n, prevKvs: [wireKeyValue("a", "2")] });
    expect(JSON.stringify(response)).toBe(`{${header},"deleted":1,"prev_kvs":[${key}]}`);
    expect(JSON.stringify(new DeleteResponse({ header: HEADER, deleted: 0n, prevKvs: [] }))).toBe(`{${header}}`);
  });
});

describe("CompactResponse.toJSON()", () => {
  it("is the header", () => {
    expect(JSON.stringify(new CompactResponse({ header: HEADER }))).toBe(`{${header}}`);
  });
});
