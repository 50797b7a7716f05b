import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Permission } from "../../../../src/gen/auth.ts";
import type { RequestOp, WatchResponse } from "../../../../src/gen/rpc.ts";
import { failure, RawEtcd } from "../support/raw-etcd.ts";
import { span } from "../support/raw-watch.ts";
import { putOp, txnOp } from "./operations.ts";
import { scenarioFor, versionedScenarioFor } from "./scenario.ts";
import type { Scenario, ScenarioServer, ScenarioSuite } from "./scenario.ts";

const EMPTY_USER = "etcdserver: user name is empty";
const DENIED = "etcdserver: permission denied";
const BAD_TOKEN = "etcdserver: invalid auth token";

/** Scenarios 101 to 106 and the calls of the Auth service. Authentication is on while they run. */
export const authentication: ScenarioSuite = (server, traits) => {
  let root: RawEtcd;
  let user: RawEtcd;
  let nobody: RawEtcd;

  async function login(name: string): Promise<RawEtcd> {
    const { token } = await nobody.call("Auth", "authenticate", { name, password: `${name}-pw` });
    return new RawEtcd(server().endpoint, { token });
  }

  function grant(key: string, rangeEnd: string, permType: Permission["permType"]): Promise<unknown> {
    const perm = { permType, key: Buffer.from(key, "latin1"), rangeEnd: Buffer.from(rangeEnd, "latin1") };
    return root.call("Auth", "roleGrantPermission", { name: "part", perm });
  }

  scenarioFor(server)("a token that is sent while authentication is off is ignored by newer servers", async ({ endpoint, key }) => {
    const stranger = new RawEtcd(endpoint, { token: "nonsense" });
    const put = stranger.put(key("k"));
    if (traits.ignoresTokenWithoutAuth) expect(await put).not.toBe(0n);
    else expect(await failure(put)).toBe(`16 ${BAD_TOKEN}`);
    stranger.close();
  });

  describe("with authentication", () => {
    beforeAll(async () => {
      const { endpoint } = server();
      nobody = new RawEtcd(endpoint);
      expect(await failure(nobody.call("Auth", "authEnable", {}))).toBe("9 etcdserver: root user does not exist");
      await nobody.call("Auth", "userAdd", { name: "root", password: "root-pw" });
      expect(await failure(nobody.call("Auth", "authEnable", {}))).toBe("9 etcdserver: root user does not have root role");
      await nobody.call("Auth", "roleAdd", { name: "root" });
      await nobody.call("Auth", "userGrantRole", { user: "root", role: "root" });
      await nobody.call("Auth", "userAdd", { name: "user", password: "user-pw" });
      await nobody.call("Auth", "roleAdd", { name: "part" });
      await nobody.call("Auth", "userGrantRole", { user: "user", role: "part" });
      expect(await failure(nobody.call("Auth", "authenticate", { name: "user", password: "user-pw" }))).toBe(
        "9 etcdserver: authentication is not enabled",
      );
      await nobody.call("Auth", "authEnable", {});
      root = await login("root");
      user = await login("user");
    });
    afterAll(async () => {
      await root.call("Auth", "authDisable", {});
      for (const client of [root, user, nobody]) client.close();
    });
    const asNobody = (): ScenarioServer => ({ ...server(), etcd: nobody });
    const scenario = scenarioFor(asNobody);
    const versioned = versionedScenarioFor(asNobody, traits);

    scenario("101: a watch without a token is refused", async ({ watch, key }) => {
      const refused = await watch().created(span(key("k")));
      expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n });
      expect(refused.cancelReason).toBe(`rpc error: code = InvalidArgument desc = ${EMPTY_USER}`);
      expect(refused.header?.revision).not.toBe(0n);
    });
    scenario("102: a watch with a wrong token is refused", async ({ endpoint, key }) => {
      const stranger = new RawEtcd(endpoint, { token: "nonsense" });
      const { cancelReason } = await stranger.watch().created(span(key("k")));
      expect(cancelReason).toBe(`rpc error: code = Unauthenticated desc = ${BAD_TOKEN}`);
      stranger.close();
    });
    scenario("103: a watch of what the user may not read is refused, and the stream goes on", async ({ key }) => {
      await grant(key("mine"), "", 2);
      const stream = user.watch();
      const refused = await stream.created(span(key("theirs")));
      expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n });
      expect(refused.cancelReason).toBe(`rpc error: code = PermissionDenied desc = ${DENIED}`);
      expect(await stream.created(span(key("mine")))).toMatchObject({ created: true, canceled: false, watchId: 0n });
      await root.put(key("mine"), "1");
      expect(await stream.events(1)).toEqual([`PUT ${key("mine")}=1`]);
      stream.close();
    });
    scenario("104: a watch outlives the permission it was given by", async ({ key }) => {
      await grant(key("k"), "", 0);
      const stream = user.watch();
      await stream.created(span(key("k")));
      await root.call("Auth", "roleRevokePermission", { role: "part", key: Buffer.from(key("k")) });
      await root.put(key("k"), "1");
      expect(await stream.events(1)).toEqual([`PUT ${key("k")}=1`]);
      expect(await stream.created(span(key("k")))).toMatchObject({ created: true, canceled: true });
      stream.close();
    });
    scenario("105: the whole range must be granted, in one piece or in several", async ({ key }) => {
      await grant(key("a"), key("b"), 0);
      await grant(key("b"), key("c"), 2);
      const stream = user.watch();
      expect(await stream.created(span(key("a"), key("c")))).toMatchObject({ canceled: false });
      expect(await stream.created(span(key("a"), key("d")))).toMatchObject({ canceled: true });
      expect(await stream.created(span(key("b"), key("b\0")))).toMatchObject({ canceled: false });
      stream.close();
    });
    const watchToTheEnd = async ({ key }: Scenario): Promise<WatchResponse> => {
      await grant(key("foo"), "", 0);
      const stream = user.watch();
      const response = await stream.created(span(key("foo"), "\0"));
      stream.close();
      return response;
    };
    versioned(106, "checksOpenEnd", {
      holds: [
        "an open end needs a grant of all of it",
        async (scene) => {
          const refused = await watchToTheEnd(scene);
          expect(refused).toMatchObject({ created: true, canceled: true, watchId: -1n });
          expect(refused.cancelReason).toBe(`rpc error: code = PermissionDenied desc = ${DENIED}`);
        },
      ],
      before: [
        "an open end passes as if it were none",
        async (scene) => {
          expect(await watchToTheEnd(scene)).toMatchObject({ created: true, canceled: false });
        },
      ],
    });
    scenario("calls are held against permissions", async ({ key }) => {
      await grant(key("r"), "", 0);
      await grant(key("w"), "", 1);
      expect(await failure(nobody.put(key("w")))).toBe(`3 ${EMPTY_USER}`);
      expect(await failure(nobody.call("KV", "range", span(key("r"))))).toBe(`3 ${EMPTY_USER}`);
      await user.put(key("w"), "1");
      expect(await failure(user.put(key("r"), "1"))).toBe(`7 ${DENIED}`);
      expect(await failure(user.put(key("w"), "1", { prevKv: true }))).toBe(`7 ${DENIED}`);
      expect((await user.call("KV", "range", span(key("r")))).count).toBe(0n);
      expect(await failure(user.call("KV", "range", span(key("w"))))).toBe(`7 ${DENIED}`);
      expect(await failure(user.delete(key("r")))).toBe(`7 ${DENIED}`);
      const denied = { compare: [], success: [putOp(key("w")), putOp(key("x"))], failure: [] };
      expect(await failure(user.call("KV", "txn", denied))).toBe(`7 ${DENIED}`);
    });
    scenario("what a transaction does is held against permissions, in newer servers also where it is hidden", async ({ key }) => {
      await grant(key("w"), "", 1);
      const txn = (operation: RequestOp) => user.call("KV", "txn", { compare: [], success: [operation], failure: [] });
      const nested = txn(txnOp([putOp(key("x"))]));
      if (traits.checksNestedTxn) expect(await failure(nested)).toBe(`7 ${DENIED}`);
      else expect((await nested).succeeded).toBe(true);
      const withPair = txn(putOp(key("w"), "", { prevKv: true }));
      if (traits.checksPutInTxn) expect(await failure(withPair)).toBe(`7 ${DENIED}`);
      else expect((await withPair).succeeded).toBe(true);
      const { ID: lease } = await root.call("Lease", "leaseGrant", { TTL: 6000n });
      await root.put(key("theirs"), "", { lease });
      expect(await failure(user.put(key("w"), "", { lease }))).toBe(`7 ${DENIED}`);
      const withLease = txn(putOp(key("w"), "", { lease }));
      if (traits.checksPutInTxn) expect(await failure(withLease)).toBe(`7 ${DENIED}`);
      else expect((await withLease).succeeded).toBe(true);
    });
    scenario("what is no read and no write needs root or a user in newer servers, and nobody in older ones", async () => {
      const compact = async () => user.compact(await root.revision());
      const status = () => nobody.call("Maintenance", "status", {});
      const grantLease = () => nobody.call("Lease", "leaseGrant", { TTL: 6000n });
      if (traits.guardsAdminCalls) {
        expect(await failure(compact())).toBe(`7 ${DENIED}`);
        expect(await failure(status())).toBe(`3 ${EMPTY_USER}`);
        expect(await failure(grantLease())).toBe(`3 ${EMPTY_USER}`);
      } else {
        await compact();
        expect((await status()).version).not.toBe("");
        expect((await grantLease()).TTL).toBe(6000n);
      }
    });
    scenario("the keys of a lease are told to those who may read them", async ({ key }) => {
      const { ID } = await root.call("Lease", "leaseGrant", { TTL: 6000n });
      await root.put(key("theirs"), "", { lease: ID });
      expect((await root.call("Lease", "leaseTimeToLive", { ID, keys: true })).keys).toHaveLength(1);
      expect((await user.call("Lease", "leaseTimeToLive", { ID })).grantedTTL).toBe(6000n);
      const keys = user.call("Lease", "leaseTimeToLive", { ID, keys: true });
      if (traits.checksKeysOfLease) expect(await failure(keys)).toBe(`7 ${DENIED}`);
      else expect((await keys).keys).toHaveLength(1);
      const leases = user.call("Lease", "leaseLeases", {});
      if (traits.guardsAdminCalls) expect(await failure(leases)).toBe(`7 ${DENIED}`);
      else expect((await leases).leases).toContainEqual({ ID });
      expect(await failure(user.call("Lease", "leaseRevoke", { ID }))).toBe(`7 ${DENIED}`);
      await root.call("Lease", "leaseRevoke", { ID });
    });
    scenario("a permission for a range that ends before it begins is refused by newer servers", async ({ key }) => {
      const backwards = grant(key("b"), key("a"), 0);
      if (traits.checksGrantedRange) expect(await failure(backwards)).toBe("3 etcdserver: invalid auth management");
      else await backwards;
    });
    scenario("users and roles are looked after by root", async ({ key }) => {
      const authFailed = "3 etcdserver: authentication failed, invalid user ID or password";
      expect(await failure(nobody.call("Auth", "authenticate", { name: "user", password: "wrong" }))).toBe(authFailed);
      expect(await failure(nobody.call("Auth", "authenticate", { name: "none", password: "" }))).toBe(authFailed);
      expect(await failure(user.call("Auth", "userList", {}))).toBe(`7 ${DENIED}`);
      expect((await root.call("Auth", "userList", {})).users).toEqual(["root", "user"]);
      expect((await root.call("Auth", "roleList", {})).roles).toEqual(["part", "root"]);
      expect((await user.call("Auth", "userGet", { name: "user" })).roles).toEqual(["part"]);
      expect(await failure(user.call("Auth", "userGet", { name: "root" }))).toBe(`7 ${DENIED}`);
      await grant(key("g"), key("h"), 0);
      const { perm } = await user.call("Auth", "roleGet", { role: "part" });
      expect(perm.map((each) => Buffer.from(each.key).toString())).toContain(key("g"));
      const again = root.call("Auth", "userAdd", { name: "user", password: "x" });
      expect(await failure(again)).toBe("9 etcdserver: user name already exists");
      expect(await failure(root.call("Auth", "userAdd", { name: "", password: "x" }))).toBe("3 etcdserver: user name is empty");
      expect(await failure(root.call("Auth", "userGet", { name: "none" }))).toBe("9 etcdserver: user name not found");
      expect(await failure(root.call("Auth", "roleAdd", { name: "part" }))).toBe("9 etcdserver: role name already exists");
      expect(await failure(root.call("Auth", "roleGet", { role: "none" }))).toBe("9 etcdserver: role name not found");
      const notGranted = root.call("Auth", "userRevokeRole", { name: "user", role: "none" });
      expect(await failure(notGranted)).toBe("9 etcdserver: role is not granted to the user");
      const noPermission = root.call("Auth", "roleRevokePermission", { role: "part", key: Buffer.from("none") });
      expect(await failure(noPermission)).toBe("9 etcdserver: permission is not granted to the role");
      expect(await failure(root.call("Auth", "userDelete", { name: "root" }))).toBe("3 etcdserver: invalid auth management");
    });
    scenario("a new password makes old tokens worthless", async ({ key }) => {
      await root.call("Auth", "userAdd", { name: "other", password: "other-pw" });
      const other = await login("other");
      expect(await failure(other.put(key("k")))).toBe(`7 ${DENIED}`);
      await root.call("Auth", "userChangePassword", { name: "other", password: "new" });
      expect(await failure(other.put(key("k")))).toBe(`16 ${BAD_TOKEN}`);
      await root.call("Auth", "userDelete", { name: "other" });
      other.close();
    });
    scenario("a token is 16 letters and a number", async () => {
      const { token, header } = await nobody.call("Auth", "authenticate", { name: "user", password: "user-pw" });
      expect(token).toMatch(/^[A-Za-z]{16}\.\d+$/);
      expect(header?.revision).not.toBe(0n);
    });
  });
};
