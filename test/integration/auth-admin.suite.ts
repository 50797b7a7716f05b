import { isUnsupportedError, type RoleGetResponse } from "etcd-watch";
import { expect, it } from "vitest";
import { connect } from "../support/clients.ts";
import type { Suite } from "../support/servers.ts";

const permissionsOf = ({ permissions }: RoleGetResponse): string[][] =>
  permissions.map(({ type, key, rangeEnd }) => [type, key.toString(), rangeEnd.toString()]);

/** The last test leaves authentication enabled, so it has to stay the last. */
export const authAdmin: Suite = (server) => {
  it("the status tells the version, and who leads", async () => {
    const client = connect(server.endpoint);
    const status = await client.maintenance.status();
    expect(status.version).toMatch(/^3\.\d+\.\d+/);
    expect(status.leader).toBe(status.header.memberId);
    expect(status.raftTerm).toBeGreaterThan(0n);
    expect(status.isLearner).toBe(false);
    expect((await client.maintenance.status(server.endpoint)).header.memberId).toBe(status.header.memberId);
    await expect(client.maintenance.status("127.0.0.1:1", { timeoutMs: 500 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("the member list tells where the server is, and the client can take its endpoints from there", async () => {
    const client = connect(server.endpoint);
    const { header, members } = await client.cluster.memberList();
    expect(header.revision).toBe(0n);
    expect(members).toMatchObject([{ id: header.memberId, clientUrls: [`http://${server.endpoint}`], isLearner: false }]);
    expect((await client.cluster.memberList({ linearizable: false })).members).toHaveLength(1);

    expect(await client.syncEndpoints()).toEqual([`http://${server.endpoint}`]);
    expect(client.endpoints).toEqual([`http://${server.endpoint}`]);
    await client.kv.put("reached", "v");
  });

  it("users come and go, and have roles", async () => {
    const { auth } = connect(server.endpoint);
    await auth.userAdd("ann", "her password");
    await auth.userAdd("ben", "his password");
    await auth.roleAdd("reader");
    await auth.userGrantRole("ann", "reader");
    await auth.userChangePassword("ben", "another one");
    expect((await auth.userList()).users).toEqual(["ann", "ben"]);
    expect((await auth.userGet("ann")).roles).toEqual(["reader"]);
    expect((await auth.userGet("ben")).roles).toEqual([]);
    expect((await auth.roleList()).roles).toEqual(["reader"]);

    await auth.userRevokeRole("ann", "reader");
    expect((await auth.userGet("ann")).roles).toEqual([]);
    await auth.userGrantRole("ben", "reader");
    await auth.roleDelete("reader");
    expect((await auth.userGet("ben")).roles).toEqual([]);
    await auth.userDelete("ann");
    await auth.userDelete("ben");
    expect((await auth.userList()).users).toEqual([]);
  });

  it("what is missing, there already or not granted is refused", async () => {
    const { auth } = connect(server.endpoint);
    const refused = { code: "FAILED_PRECONDITION" };
    await expect(auth.userGet("nobody")).rejects.toMatchObject({ ...refused, details: "etcdserver: user name not found" });
    await expect(auth.roleGet("nothing")).rejects.toMatchObject({ ...refused, details: "etcdserver: role name not found" });
    await expect(auth.userAdd("", "pw")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: "etcdserver: user name is empty" });
    await auth.userAdd("cat", "pw");
    await auth.roleAdd("writer");
    await expect(auth.userAdd("cat", "pw")).rejects.toMatchObject({ ...refused, details: "etcdserver: user name already exists" });
    await expect(auth.roleAdd("writer")).rejects.toMatchObject({ ...refused, details: "etcdserver: role name already exists" });
    await expect(auth.userRevokeRole("cat", "writer")).rejects.toMatchObject({
      ...refused,
      details: "etcdserver: role is not granted to the user",
    });
    await expect(auth.roleRevokePermission("writer", "a")).rejects.toMatchObject({
      ...refused,
      details: "etcdserver: permission is not granted to the role",
    });
    await expect(auth.authenticate("cat", "pw")).rejects.toMatchObject({
      ...refused,
      details: "etcdserver: authentication is not enabled",
    });
    await auth.userDelete("cat");
    await auth.roleDelete("writer");
  });

  it("permissions are of a key, a prefix, a range or everything from a key on", async () => {
    const { auth } = connect(server.endpoint);
    await auth.roleAdd("r1");
    await auth.roleGrantPermission("r1", "read", "a", { rangeEnd: "b" });
    await auth.roleGrantPermission("r1", "readwrite", "c", { fromKey: true });
    await auth.roleGrantPermission("r1", "write", "p/", { prefix: true });
    await auth.roleGrantPermission("r1", "write", "x");
    expect(permissionsOf(await auth.roleGet("r1"))).toEqual([
      ["read", "a", "b"],
      ["readwrite", "c", "\0"],
      ["write", "p/", "p0"],
      ["write", "x", ""],
    ]);

    await auth.roleGrantPermission("r1", "read", "x"); // instead of write
    await auth.roleRevokePermission("r1", "a", { rangeEnd: "b" });
    await auth.roleRevokePermission("r1", "c", { fromKey: true });
    await auth.roleRevokePermission("r1", "p/", { prefix: true });
    expect(permissionsOf(await auth.roleGet("r1"))).toEqual([["read", "x", ""]]);
    await auth.roleDelete("r1");
  });

  it("whether it is enabled is told from etcd 3.5 on", async () => {
    const { auth, maintenance } = connect(server.endpoint);
    const { version } = await maintenance.status();
    if (version.startsWith("3.4.")) await expect(auth.status()).rejects.toSatisfy(isUnsupportedError);
    else expect(await auth.status()).toMatchObject({ enabled: false });
  });

  it("it is enabled only with a root user who has the root role, and then everybody has to say who they are", async () => {
    const client = connect(server.endpoint);
    const { auth } = client;
    await auth.disable(); // is nothing to complain about while it is off
    await expect(auth.enable()).rejects.toMatchObject({ details: "etcdserver: root user does not exist" });
    await auth.userAdd("root", "the password");
    await expect(auth.enable()).rejects.toMatchObject({ details: "etcdserver: root user does not have root role" });
    if (!(await auth.roleList()).roles.includes("root")) await auth.roleAdd("root");
    await auth.userGrantRole("root", "root");
    await auth.enable();

    await expect(client.kv.put("a", "1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: "etcdserver: user name is empty" });
    await expect(auth.userList()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(auth.disable()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const wrong = auth.authenticate("root", "another password");
    await expect(wrong).rejects.toMatchObject({ details: "etcdserver: authentication failed, invalid user ID or password" });
    const { token } = await auth.authenticate("root", "the password");
    expect(token).not.toBe("");
  });
};
