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
