import { describe, expect, it } from "vitest";
import { Auth } from "../../../src/client/auth.ts";
import { isProtocolError, isRpcError, isUnsupportedError } from "../../../src/errors/etcd-error.ts";
import { Permission_Type } from "../../../src/gen/auth.ts";
import { AuthDefinition, AuthRoleGetResponse } from "../../../src/gen/rpc.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { HEADER } from "../../support/kv-harness.ts";

// What etcdctl 3.4.23 printed with -w json for the same, its ids put in quotes.
const header = '"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":7,"raft_term":2}';
const { methods } = AuthDefinition;

function authHarness(): { readonly auth: Auth; readonly transport: FakeUnaryTransport } {
  const transport = new FakeUnaryTransport();
  return { auth: new Auth(transport, { requestTimeoutMs: 5_000 }), transport };
}

const ONE_KEY = { key: Buffer.from("k"), rangeEnd: new Uint8Array(0) };

/** Each call that changes something: what it is on the wire. */
const changes: readonly [keyof typeof methods, (auth: Auth) => Promise<unknown>, object][] = [
  ["authEnable", (auth) => auth.enable(), {}],
  ["authDisable", (auth) => auth.disable(), {}],
  ["userAdd", (auth) => auth.userAdd("ann", "pw"), { name: "ann", password: "pw", options: { noPassword: false }, hashedPassword: "" }],
  ["userAdd", (auth) => auth.userAdd("ann", "", { noPassword: true }), { name: "ann", password: "", options: { noPassword: true } }],
  ["userDelete", (auth) => auth.userDelete("ann"), { name: "ann" }],
  ["userChangePassword", (auth) => auth.userChangePassword("ann", "new"), { name: "ann", password: "new", hashedPassword: "" }],
  ["userGrantRole", (auth) => auth.userGrantRole("ann", "reader"), { user: "ann", role: "reader" }],
  ["userRevokeRole", (auth) => auth.userRevokeRole("ann", "reader"), { name: "ann", role: "reader" }],
  ["roleAdd", (auth) => auth.roleAdd("reader"), { name: "reader" }],
  ["roleDelete", (auth) => auth.roleDelete("reader"), { role: "reader" }],
  [
    "roleGrantPermission",
    (auth) => auth.roleGrantPermission("reader", "write", "k"),
    { name: "reader", perm: { permType: Permission_Type.WRITE, ...ONE_KEY } },
  ],
  [
    "roleGrantPermission",
    (auth) => auth.roleGrantPermission("reader", "read", "k", { prefix: true }),
    { perm: { permType: Permission_Type.READ, key: Buffer.from("k"), rangeEnd: Buffer.from("l") } },
  ],
  [
    "roleGrantPermission",
    (auth) => auth.roleGrantPermission("reader", "readwrite", "", { prefix: true }),
    { perm: { permType: Permission_Type.READWRITE, key: Buffer.from([0]), rangeEnd: Buffer.from([0]) } },
  ],
  ["roleRevokePermission", (auth) => auth.roleRevokePermission("reader", "k"), { role: "reader", ...ONE_KEY }],
  [
    "roleRevokePermission",
    (auth) => auth.roleRevokePermission("reader", "k", { rangeEnd: "z" }),
    { role: "reader", key: Buffer.from("k"), rangeEnd: Buffer.from("z") },
  ],
  [
    "roleRevokePermission",
    (auth) => auth.roleRevokePermission("reader", "k", { fromKey: true }),
    { role: "reader", key: Buffer.from("k"), rangeEnd: Buffer.from([0]) },
  ],
];

describe("A change", () => {
  it.each(changes)("by %s is sent once, and answers with the header", async (method, call, message) => {
    const { auth, transport } = authHarness();
    const answer = call(auth);
    const { name, requestType } = methods[method];
    expect(transport.onlyCall.path).toBe(`/etcdserverpb.Auth/${name}`);
    expect(transport.onlyCall.options).toMatchObject({ repeatable: false, timeoutMs: 5_000 });
    expect(requestType.decode(transport.onlyCall.request)).toMatchObject(message);
    transport.onlyCall.answer(methods.authEnable.responseType.encode({ header: HEADER }).finish()); // all of them look the same
    expect(JSON.stringify(await answer)).toBe(`{${header}}`);
  });

  it("is refused with the server's words", async () => {
    const { auth, transport } = authHarness();
    const answer = auth.enable();
    transport.onlyCall.fail("FAILED_PRECONDITION", "etcdserver: root user does not exist");
    await expect(answer).rejects.toMatchObject({ code: "FAILED_PRECONDITION", details: "etcdserver: root user does not exist" });
  });
});

describe("A question", () => {
  it.each<[keyof typeof methods, (auth: Auth) => Promise<unknown>, object, Uint8Array, object, string]>([
    [
      "authenticate",
      (auth) => auth.authenticate("ann", "pw"),
      { name: "ann", password: "pw" },
      methods.authenticate.responseType.encode({ header: HEADER, token: "abc.7" }).finish(),
      { token: "abc.7" },
      `{${header},"token":"abc.7"}`,
    ],
    [
      "authStatus",
      (auth) => auth.status(),
      {},
      methods.authStatus.responseType.encode({ header: HEADER, enabled: true, authRevision: 4n }).finish(),
      { enabled: true, authRevision: 4n },
      `{${header},"enabled":true,"authRevision":4}`,
    ],
    [
      "userGet",
      (auth) => auth.userGet("ann"),
      { name: "ann" },
      methods.userGet.responseType.encode({ header: HEADER, roles: ["reader"] }).finish(),
      { roles: ["reader"] },
      `{${header},"roles":["reader"]}`,
    ],
    [
      "userList",
      (auth) => auth.userList(),
      {},
      methods.userList.responseType.encode({ header: HEADER, users: ["ann", "ben"] }).finish(),
      { users: ["ann", "ben"] },
      `{${header},"users":["ann","ben"]}`,
    ],
    [
      "roleList",
      (auth) => auth.roleList(),
      {},
      methods.roleList.responseType.encode({ header: HEADER, roles: [] }).finish(),
      { roles: [] },
      `{${header}}`,
    ],
  ])("by %s may be sent again, and gives what was asked for", async (method, call, message, bytes, fields, json) => {
    const { auth, transport } = authHarness();
    const answer = call(auth);
    const { name, requestType } = methods[method];
    expect(transport.onlyCall.path).toBe(`/etcdserverpb.Auth/${name}`);
    expect(transport.onlyCall.options.repeatable).toBe(true);
    expect(requestType.decode(transport.onlyCall.request)).toEqual(message);
    transport.onlyCall.answer(bytes);
    const response = await answer;
    expect(response).toMatchObject({ header: HEADER, ...fields });
    expect(JSON.stringify(response)).toBe(json);
  });

  it("by roleGet gives the permissions", async () => {
    const { auth, transport } = authHarness();
    const answer = auth.roleGet("r1");
    expect(methods.roleGet.requestType.decode(transport.onlyCall.request)).toEqual({ role: "r1" });
    const permission = (permType: Permission_Type, key: string, rangeEnd: string) => ({
      permType,
      key: Buffer.from(key),
      rangeEnd: Buffer.from(rangeEnd),
    });
    const perm = [
      permission(Permission_Type.READ, "a", "b"),
      permission(Permission_Type.READWRITE, "c", "\0"),
      permission(Permission_Type.WRITE, "x", ""),
    ];
    transport.onlyCall.answer(AuthRoleGetResponse.encode({ header: HEADER, perm }).finish());
    const response = await answer;
    expect(response.permissions.map(({ type, key, rangeEnd }) => [type, String(key), String(rangeEnd)])).toEqual([
      ["read", "a", "b"],
      ["readwrite", "c", "\0"],
      ["write", "x", ""],
    ]);
    expect(JSON.stringify(response)).toBe(
      `{${header},"perm":[{"key":"YQ==","range_end":"Yg=="},{"permType":2,"key":"Yw==","range_end":"AA=="},{"permType":1,"key":"eA=="}]}`,
    );
  });

  it("by roleGet is a ProtocolError for a permission of a kind that etcd does not have", async () => {
    const { auth, transport } = authHarness();
    const answer = auth.roleGet("r1");
    const perm = [{ permType: 9 as never, key: Buffer.from("a"), rangeEnd: Buffer.alloc(0) }];
    transport.onlyCall.answer(AuthRoleGetResponse.encode({ header: HEADER, perm }).finish());
    await expect(answer).rejects.toSatisfy(isProtocolError);
  });

  it("by status is an UnsupportedError on a server that does not have it, and other failures stay what they are", async () => {
    for (const [code, is] of [
      ["UNIMPLEMENTED", isUnsupportedError],
      ["PERMISSION_DENIED", isRpcError],
    ] as const) {
      const { auth, transport } = authHarness();
      const answer = auth.status();
      transport.onlyCall.fail(code, "no");
      await expect(answer).rejects.toSatisfy(is);
    }
  });
});

describe("Auth, called wrongly", () => {
  it.each<[string, (auth: Auth) => unknown, string]>([
    ["a name that is no text", (auth) => auth.userGet(5 as never), "name must be a string, got 5"],
    ["a role that is missing", (auth) => auth.userGrantRole("ann", undefined as never), "role must be a string, got undefined"],
    ["a password with noPassword", (auth) => auth.userAdd("ann", "secret", { noPassword: true }), "must be empty with noPassword"],
    ["another kind of permission", (auth) => auth.roleGrantPermission("r", "admin" as never, "k"), "got 'admin'"],
    ["two kinds of range", (auth) => auth.roleGrantPermission("r", "read", "k", { prefix: true, fromKey: true }), "prefix and fromKey"],
    ["a misspelt option", (auth) => auth.roleRevokePermission("r", "k", { prefx: true } as never), "does not take prefx"],
  ])("throws at once for %s, and sends nothing", (_, call, shown) => {
    const { auth, transport } = authHarness();
    expect(() => call(auth)).toThrow(TypeError);
    expect(() => call(auth)).toThrow(shown);
    expect(transport.calls).toEqual([]);
  });

  it("does not show a password", () => {
    const { auth } = authHarness();
    expect(() => auth.authenticate("ann", ["secret"] as never)).toThrow("password must be a string, got object");
    expect(() => auth.userAdd("ann", "secret", { noPassword: true })).toThrow(/^(?!.*secret)/);
  });
});
