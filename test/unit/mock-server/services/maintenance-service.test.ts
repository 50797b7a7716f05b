import { MockEtcdServer } from "etcd-watch/mock-server";
import { expect, it, onTestFinished } from "vitest";
import { failure, RawEtcd } from "../support/raw-etcd.ts";

/** As etcd 3.5.30 does it: v3rpc/maintenance.go asks for the root role there, whatever the name of its check. */
it("tells its status to root only, and to anyone where that is not guarded", async () => {
  for (const compatibility of ["latest", "3.4.23"] as const) {
    const server = await MockEtcdServer.start({ compatibility, auth: { rootPassword: "root-pw" } });
    const nobody = new RawEtcd(server.endpoint);
    const login = async (name: string): Promise<RawEtcd> => {
      const { token } = await nobody.call("Auth", "authenticate", { name, password: `${name}-pw` });
      return new RawEtcd(server.endpoint, { token });
    };
    const root = await login("root");
    await root.call("Auth", "userAdd", { name: "user", password: "user-pw" });
    const user = await login("user");
    onTestFinished(async () => {
      for (const client of [nobody, root, user]) client.close();
      await server.stop();
    });
    const status = user.call("Maintenance", "status", {});
    if (compatibility === "latest") expect(await failure(status)).toBe("7 etcdserver: permission denied");
    else expect((await status).version).toBe("3.4.23");
    expect((await root.call("Maintenance", "status", {})).dbSize).toBeGreaterThan(0n);
    expect((await user.call("Maintenance", "alarm", {})).alarms).toEqual([]);
  }
});

it("tells a size of the database that follows the data", async () => {
  await using server = await MockEtcdServer.start();
  const etcd = new RawEtcd(server.endpoint);
  onTestFinished(() => {
    etcd.close();
  });
  const sizes = async (): Promise<[bigint, bigint]> => {
    const { dbSize, dbSizeInUse } = await etcd.call("Maintenance", "status", {});
    return [dbSize, dbSizeInUse];
  };
  expect(await sizes()).toEqual([20_480n, 20_480n]);
  for (let round = 0; round < 10; round++) await etcd.put("k", "x".repeat(100_000));
  const [grown] = await sizes();
  expect(grown).toBeGreaterThan(1_000_000n);
  await etcd.compact(server.revision);
  expect((await sizes())[0]).toBeLessThan(150_000n);
  await etcd.delete("k");
  await etcd.compact(server.revision);
  expect((await sizes())[0]).toBeLessThan(30_000n);
});

function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (error: unknown) => failure(Promise.reject(error as Error)),
  );
}

/** As seen on etcd 3.4.23 and 3.5.30. */
const refusals = {
  latest: {
    nobody: {
      defragment: "2 auth: user name is empty",
      alarm: "3 etcdserver: user name is empty",
      moveLeader: "3 etcdserver: user name is empty",
    },
    user: { defragment: "2 auth: permission denied", alarm: "ok", moveLeader: "7 etcdserver: permission denied" },
    stranger: {
      defragment: "2 auth: invalid auth token",
      alarm: "16 etcdserver: invalid auth token",
      moveLeader: "16 etcdserver: invalid auth token",
    },
    root: { defragment: "ok", alarm: "ok", moveLeader: "9 etcdserver: bad leader transferee" },
  },
  "3.4.23": {
    nobody: { defragment: "2 auth: user name is empty", alarm: "ok", moveLeader: "9 etcdserver: bad leader transferee" },
    user: { defragment: "2 auth: permission denied", alarm: "ok", moveLeader: "9 etcdserver: bad leader transferee" },
    root: { defragment: "ok", alarm: "ok", moveLeader: "9 etcdserver: bad leader transferee" },
  },
} as const;

it.each(["latest", "3.4.23"] as const)(
  "%s: refuses Defragment, Alarm and MoveLeader to the same as etcd, in its words",
  async (compatibility) => {
    await using server = await MockEtcdServer.start({ compatibility, auth: { rootPassword: "pw" } });
    const nobody = new RawEtcd(server.endpoint);
    const login = async (name: string): Promise<RawEtcd> => {
      const { token } = await nobody.call("Auth", "authenticate", { name, password: "pw" });
      return new RawEtcd(server.endpoint, { token });
    };
    const root = await login("root");
    await root.call("Auth", "userAdd", { name: "user", password: "pw" });
    const callers = { nobody, root, user: await login("user"), stranger: new RawEtcd(server.endpoint, { token: "x.1" }) };
    onTestFinished(() => {
      for (const caller of Object.values(callers)) caller.close();
    });
    for (const [name, expected] of Object.entries(refusals[compatibility])) {
      const caller = callers[name as keyof typeof callers];
      const seen: Record<string, string> = {};
      for (const method of ["defragment", "alarm", "moveLeader"] as const)
        seen[method] = await outcome(caller.call("Maintenance", method, {}));
      expect(seen, name).toEqual(expected);
    }
  },
);

it("has an etcd of one member's answers where no file is needed, and does not know what needs one", async () => {
  await using server = await MockEtcdServer.start();
  const etcd = new RawEtcd(server.endpoint);
  onTestFinished(() => {
    etcd.close();
  });
  expect(await etcd.call("Maintenance", "defragment", {})).toEqual({ header: undefined });
  const { leader } = await etcd.call("Maintenance", "status", {});
  expect(await etcd.call("Maintenance", "moveLeader", { targetID: leader })).toEqual({ header: undefined });
  for (const method of ["hash", "hashKV"] as const) expect(await failure(etcd.call("Maintenance", method, {}))).toMatch(/^12 /);
});
