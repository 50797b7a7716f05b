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

it("takes a Defragment, from root only, and does not know what needs a file", async () => {
  await using server = await MockEtcdServer.start({ auth: { rootPassword: "pw" } });
  const nobody = new RawEtcd(server.endpoint);
  const { token } = await nobody.call("Auth", "authenticate", { name: "root", password: "pw" });
  const root = new RawEtcd(server.endpoint, { token });
  onTestFinished(() => {
    nobody.close();
    root.close();
  });
  expect(await root.call("Maintenance", "defragment", {})).toEqual({ header: undefined });
  expect(await failure(nobody.call("Maintenance", "defragment", {}))).toBe("3 etcdserver: user name is empty");
  for (const method of ["hash", "hashKV", "moveLeader"] as const)
    expect(await failure(root.call("Maintenance", method, {}))).toMatch(/^12 /);
});
