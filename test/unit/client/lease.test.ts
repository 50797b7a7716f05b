import { describe, expect, it } from "vitest";
import type { Lease } from "../../../src/client/lease.ts";
import { isRpcError } from "../../../src/errors/etcd-error.ts";
import {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "../../../src/gen/rpc.ts";
import { HEADER } from "../../support/kv-harness.ts";
import { leaseHarness } from "../../support/lease-harness.ts";
import { settle } from "../../support/watcher-harness.ts";

// What etcdctl 3.4.23 printed with -w json for the same, its ids put in quotes.
const header = '"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":7,"raft_term":2';

describe("Lease.grant()", () => {
  it("sends the time, and lets the server choose the id", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.grant(10);
    expect(transport.onlyCall.path).toBe("/etcdserverpb.Lease/LeaseGrant");
    expect(LeaseGrantRequest.decode(transport.onlyCall.request)).toEqual({ TTL: 10n, ID: 0n });
    transport.onlyCall.answer(LeaseGrantResponse.encode({ header: HEADER, ID: 1353509830281969157n, TTL: 10n, error: "" }).finish());
    const response = await answer;
    expect(response).toMatchObject({ header: HEADER, id: 1353509830281969157n, ttlSeconds: 10n });
    expect(JSON.stringify(response)).toBe(`{${header},"ID":"1353509830281969157","TTL":10,"Error":""}`);
  });

  it.each([
    [0, undefined, 0n, 0n],
    [9_000_000_000n, -5, 9_000_000_000n, -5n],
    [2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n)],
  ])("sends %s seconds for id %s", (ttlSeconds, id, TTL, ID) => {
    const { lease, transport } = leaseHarness();
    void lease.grant(ttlSeconds, { id });
    expect(LeaseGrantRequest.decode(transport.onlyCall.request)).toEqual({ TTL, ID });
  });

  it("is refused with the server's words", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.grant(10, { id: 5n });
    transport.onlyCall.fail("FAILED_PRECONDITION", "etcdserver: lease already exists");
    await expect(answer).rejects.toSatisfy(isRpcError);
  });
});

describe("Lease.revoke()", () => {
  it("sends the id", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.revoke(-5);
    expect(transport.onlyCall.path).toBe("/etcdserverpb.Lease/LeaseRevoke");
    expect(LeaseRevokeRequest.decode(transport.onlyCall.request)).toEqual({ ID: -5n });
    transport.onlyCall.answer(LeaseRevokeResponse.encode({ header: HEADER }).finish());
    expect(JSON.stringify(await answer)).toBe(`{"header":{${header}}}`);
  });
});

describe("Lease.timeToLive()", () => {
  it.each([
    [{}, false],
    [{ keys: true }, true],
  ])("with %o asks for keys: %s", (options, keys) => {
    const { lease, transport } = leaseHarness();
    void lease.timeToLive(5n, options);
    expect(transport.onlyCall.path).toBe("/etcdserverpb.Lease/LeaseTimeToLive");
    expect(LeaseTimeToLiveRequest.decode(transport.onlyCall.request)).toEqual({ ID: 5n, keys });
  });

  it("gives what is left, and the keys", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.timeToLive(5n, { keys: true });
    const message = { header: HEADER, ID: 5n, TTL: 199n, grantedTTL: 200n, keys: [Buffer.from("kk")] };
    transport.onlyCall.answer(LeaseTimeToLiveResponse.encode(message).finish());
    const response = await answer;
    expect(response).toMatchObject({ header: HEADER, id: 5n, ttlSeconds: 199n, grantedTtlSeconds: 200n });
    expect(response.keys.map(String)).toEqual(["kk"]);
    expect(JSON.stringify(response)).toBe(`{${header},"id":"5","ttl":199,"granted-ttl":200,"keys":["a2s="]}`);
  });

  it("gives -1n for a lease that does not exist", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.timeToLive(5n);
    transport.onlyCall.answer(LeaseTimeToLiveResponse.encode({ header: HEADER, ID: 5n, TTL: -1n, grantedTTL: 0n, keys: [] }).finish());
    const response = await answer;
    expect(response).toMatchObject({ ttlSeconds: -1n, grantedTtlSeconds: 0n, keys: [] });
    expect(JSON.stringify(response)).toBe(`{${header},"id":"5","ttl":-1,"granted-ttl":0,"keys":null}`);
  });
});

describe("Lease.leases()", () => {
  it("gives the ids", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.leases();
    expect(transport.onlyCall.path).toBe("/etcdserverpb.Lease/LeaseLeases");
    transport.onlyCall.answer(LeaseLeasesResponse.encode({ header: HEADER, leases: [{ ID: 5n }, { ID: -6n }] }).finish());
    const response = await answer;
    expect(response.leases).toEqual([{ id: 5n }, { id: -6n }]);
    expect(JSON.stringify(response)).toBe(`{${header},"leases":[{"id":"5"},{"id":"-6"}]}`);
  });

  it("prints an empty list as one", async () => {
    const { lease, transport } = leaseHarness();
    const answer = lease.leases();
    transport.onlyCall.answer(LeaseLeasesResponse.encode({ header: HEADER, leases: [] }).finish());
    expect(JSON.stringify(await answer)).toBe(`{${header},"leases":[]}`);
  });
});

describe("LeaseKeepAliveResponse.toJSON()", () => {
  it("is etcdctl's form of a keep-alive", async () => {
    const { lease, transport } = leaseHarness();
    const renewals = lease.keepAlive(5n);
    await settle();
    transport.connection.sendBytes(LeaseKeepAliveResponse.encode({ header: HEADER, ID: 5n, TTL: 200n }).finish());
    expect(JSON.stringify((await renewals.next()).value)).toBe(`{${header},"ID":"5","TTL":200}`);
  });
});

describe("A lost answer", () => {
  it.each<[string, boolean, (lease: Lease) => unknown]>([
    ["grant", false, (lease) => lease.grant(10)],
    ["grant with an id", false, (lease) => lease.grant(10, { id: 5n })],
    ["revoke", false, (lease) => lease.revoke(5n)],
    ["timeToLive", true, (lease) => lease.timeToLive(5n)],
    ["leases", true, (lease) => lease.leases()],
  ])("to %s lets it be sent again: %s", (_, repeatable, call) => {
    const { lease, transport } = leaseHarness();
    void call(lease);
    expect(transport.onlyCall.options).toMatchObject({ repeatable, timeoutMs: 5_000 });
  });
});

const wrongCalls: readonly [string, (lease: Lease) => unknown, typeof TypeError | typeof RangeError, string][] = [
  ["a negative time", (lease) => lease.grant(-1), RangeError, "ttlSeconds must be a bigint from 0 to 2^63-1"],
  ["a fraction of a second", (lease) => lease.grant(1.5), RangeError, "got 1.5"],
  ["a time beyond 64 bits", (lease) => lease.grant(2n ** 63n), RangeError, "got 9223372036854775808"],
  ["text as time", (lease) => lease.grant("10" as never), RangeError, "got '10'"],
  ["an id beyond 64 bits", (lease) => lease.revoke(2n ** 63n), RangeError, "id must be a bigint from -9223372036854775808"],
  ["an id that is no exact number", (lease) => lease.timeToLive(2 ** 53), RangeError, "got 9007199254740992"],
  ["no id", (lease) => lease.keepAlive(undefined as never), RangeError, "got undefined"],
  ["a misspelt option", (lease) => lease.grant(10, { ID: 5n } as never), TypeError, "grant does not take ID (5n)"],
  ["keys that is no flag", (lease) => lease.timeToLive(5n, { keys: 1 as never }), TypeError, "keys of timeToLive must be true or false"],
  ["null as id to grant", (lease) => lease.grant(10, { id: null as never }), RangeError, "got null"],
  ["a timeout of a keep-alive", (lease) => lease.keepAlive(5n, { timeoutMs: 5 } as never), TypeError, "does not take timeoutMs"],
  [
    "a controller as signal",
    (lease) => lease.keepAlive(5n, { signal: new AbortController() as never }),
    TypeError,
    "must be an AbortSignal",
  ],
  ["a negative timeout", (lease) => lease.leases({ timeoutMs: -5 }), RangeError, "got -5"],
];

describe("Lease, called wrongly", () => {
  it.each(wrongCalls)("throws at once for %s, and sends nothing", (_, call, errorClass, shown) => {
    const { lease, transport } = leaseHarness();
    expect(() => call(lease)).toThrow(errorClass);
    expect(() => call(lease)).toThrow(shown);
    expect(transport.calls).toEqual([]);
    expect(transport.opens).toBe(0);
  });
});
