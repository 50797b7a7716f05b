import { describe, expect, it } from "vitest";
import { Cluster } from "../../../src/client/cluster.ts";
import { Maintenance } from "../../../src/client/maintenance.ts";
import { areSameEndpoints, memberEndpoints } from "../../../src/client/member-endpoints.ts";
import { Member } from "../../../src/client/member-list-response.ts";
import { MemberListRequest, MemberListResponse, StatusResponse } from "../../../src/gen/rpc.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { HEADER } from "../../support/kv-harness.ts";

const ids = '"cluster_id":"324952591200643719","member_id":"3319814642761637952"';
const status = { ...StatusResponse.fromPartial({}), header: HEADER, version: "3.4.23", dbSize: 20_480n, leader: 7383792418829112008n };

describe("Maintenance.status()", () => {
  it("asks the endpoint in use, or the one that is named", () => {
    const transport = new FakeUnaryTransport();
    const maintenance = new Maintenance(transport, { requestTimeoutMs: 5_000 });
    void maintenance.status();
    void maintenance.status("other:2379", { timeoutMs: 100 });
    expect(
      transport.calls.map(({ path, options: { endpoint, repeatable, timeoutMs } }) => ({ path, endpoint, repeatable, timeoutMs })),
    ).toEqual([
      { path: "/etcdserverpb.Maintenance/Status", endpoint: undefined, repeatable: true, timeoutMs: 5_000 },
      { path: "/etcdserverpb.Maintenance/Status", endpoint: "other:2379", repeatable: true, timeoutMs: 100 },
    ]);
  });

  it.each([
    // As etcdctl 3.4.23 printed it with -w json, its ids put in quotes.
    [
      { ...status, raftIndex: 5n, raftTerm: 2n, raftAppliedIndex: 5n, dbSizeInUse: 16_384n },
      '"version":"3.4.23","dbSize":20480,"leader":"7383792418829112008","raftIndex":5,"raftTerm":2,"raftAppliedIndex":5,"dbSizeInUse":16384',
    ],
    [
      {
        ...status,
        errors: ["memberID:1 alarm:NOSPACE"],
        isLearner: true,
        storageVersion: "3.6.0",
        dbSizeQuota: 2_147_483_648n,
        downgradeInfo: { enabled: true, targetVersion: "3.5.0" },
      },
      '"version":"3.4.23","dbSize":20480,"leader":"7383792418829112008","errors":["memberID:1 alarm:NOSPACE"],"isLearner":true,' +
        '"storageVersion":"3.6.0","dbSizeQuota":2147483648,"downgradeInfo":{"enabled":true,"targetVersion":"3.5.0"}',
    ],
    [{ ...StatusResponse.fromPartial({}), header: HEADER, downgradeInfo: { enabled: false, targetVersion: "" } }, '"downgradeInfo":{}'],
  ])("gives every field, and etcdctl's form of them", async (message, json) => {
    const transport = new FakeUnaryTransport();
    const answer = new Maintenance(transport, { requestTimeoutMs: 5_000 }).status();
    transport.onlyCall.answer(StatusResponse.encode(message).finish());
    const response = await answer;
    expect(response).toMatchObject(message);
    expect(JSON.stringify(response)).toBe(`{"header":{${ids},"revision":7,"raft_term":2},${json}}`);
  });

  it("throws at once for an endpoint of no known form, and sends nothing", () => {
    const transport = new FakeUnaryTransport();
    const maintenance = new Maintenance(transport, { requestTimeoutMs: 5_000 });
    expect(() => maintenance.status("ftp://other")).toThrow(TypeError);
    expect(() => maintenance.status("one:2379", { endpoint: "two" } as never)).toThrow("status does not take endpoint ('two')");
    expect(transport.calls).toEqual([]);
  });
});

const member = { ID: 7383792418829112008n, name: "a", peerURLs: ["http://a:2380"], clientURLs: ["http://a:2379"], isLearner: false };

describe("Cluster.memberList()", () => {
  it.each([
    [{}, true],
    [{ linearizable: true }, true],
    [{ linearizable: false }, false],
  ])("with %o asks for what all agree on: %s", (options, linearizable) => {
    const transport = new FakeUnaryTransport();
    void new Cluster(transport, { requestTimeoutMs: 5_000 }).memberList(options);
    expect(transport.onlyCall).toMatchObject({ path: "/etcdserverpb.Cluster/MemberList", options: { repeatable: true } });
    expect(MemberListRequest.decode(transport.onlyCall.request)).toEqual({ linearizable });
  });

  it("gives the members, and etcdctl's form of them", async () => {
    const transport = new FakeUnaryTransport();
    const answer = new Cluster(transport, { requestTimeoutMs: 5_000 }).memberList();
    const learner = { ...member, ID: 5n, name: "", clientURLs: [], isLearner: true };
    transport.onlyCall.answer(MemberListResponse.encode({ header: { ...HEADER, revision: 0n }, members: [member, learner] }).finish());
    const response = await answer;
    expect(response.members[0]).toMatchObject({
      id: 7383792418829112008n,
      name: "a",
      peerUrls: ["http://a:2380"],
      clientUrls: ["http://a:2379"],
      isLearner: false,
    });
    expect(JSON.stringify(response)).toBe(
      `{"header":{${ids},"raft_term":2},"members":[` +
        '{"ID":"7383792418829112008","name":"a","peerURLs":["http://a:2380"],"clientURLs":["http://a:2379"]},' +
        '{"ID":"5","peerURLs":["http://a:2380"],"isLearner":true}]}',
    );
  });
});

describe("memberEndpoints()", () => {
  const endpointsOf = (...members: Partial<typeof member>[]): string[] =>
    memberEndpoints(members.map((each) => new Member({ ...member, ...each })));

  it("gives the client URLs of all members, each once", () => {
    expect(endpointsOf({ clientURLs: ["http://a:2379", "https://a:2378"] }, { clientURLs: ["http://b:2379", "http://a:2379"] })).toEqual([
      "http://a:2379",
      "https://a:2378",
      "http://b:2379",
    ]);
  });

  it.each([
    ["a learner", { isLearner: true }],
    ["a member that has not started", { name: "", clientURLs: ["http://b:2379"] }],
    ["a URL of no known form", { clientURLs: ["ftp://b:2379", ""] }],
    ["a member without client URLs", { clientURLs: [] }],
  ])("leaves out %s", (_, fields) => {
    expect(endpointsOf(fields)).toEqual([]);
  });
});

describe("areSameEndpoints()", () => {
  it.each([
    [["a", "b"], ["b", "a"], true],
    [["a"], ["a", "b"], false],
    [["a", "b"], ["a"], false],
    [["a", "c"], ["a", "b"], false],
  ])("of %j and %j is %s", (some, others, same) => {
    expect(areSameEndpoints(some, others)).toBe(same);
  });
});
