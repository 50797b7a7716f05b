import { MockEtcdServer } from "etcd-watch/mock-server";
import { Etcd3, EtcdLockFailedError } from "etcd3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { RealEtcd } from "../support/real-etcd.ts";

interface Started {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** What its users do most, on a server that its authors have never seen and on those that they have. */
function suite(name: string, start: () => Promise<Started>): void {
  describe(`npm etcd3 on ${name}`, () => {
    let server: Started;
    let client: Etcd3;
    beforeAll(async () => {
      server = await start();
      client = new Etcd3({ hosts: `http://${server.endpoint}` });
    });
    afterAll(async () => {
      client.close();
      await server.stop();
    });

    it("puts, gets, counts and deletes", async () => {
      await client.put("kv/a").value("1");
      await client.put("kv/b").value("2");
      expect(await client.get("kv/a").string()).toBe("1");
      expect(await client.get("kv/none").string()).toBeNull();
      expect(await client.getAll().prefix("kv/").strings()).toEqual({ "kv/a": "1", "kv/b": "2" });
      expect(await client.getAll().prefix("kv/").sort("Key", "Descend").limit(1).keys()).toEqual(["kv/b"]);
      expect(await client.getAll().prefix("kv/").count()).toBe(2);
      expect((await client.delete().prefix("kv/")).deleted).toBe("2");
    });

    it("compares and swaps", async () => {
      await client.put("txn/a").value("1");
      const swap = (from: string): Promise<{ succeeded: boolean }> =>
        client.if("txn/a", "Value", "==", from).then(client.put("txn/a").value("2")).else(client.get("txn/a")).commit();
      expect((await swap("1")).succeeded).toBe(true);
      expect((await swap("1")).succeeded).toBe(false);
      expect(await client.get("txn/a").string()).toBe("2");
    });

    it("keeps keys as long as their lease", async () => {
      const lease = client.lease(60, { autoKeepAlive: false });
      await lease.put("lease/a").value("1");
      expect(await client.get("lease/a").string()).toBe("1");
      await lease.keepaliveOnce();
      await lease.revoke();
      expect(await client.get("lease/a").string()).toBeNull();
    });

    it("locks out whoever comes second", async () => {
      const first = await client.lock("lock/a").ttl(10).acquire();
      await expect(client.lock("lock/a").ttl(10).acquire()).rejects.toThrow(EtcdLockFailedError);
      await first.release();
      const second = await client.lock("lock/a").ttl(10).acquire();
      await second.release();
    });

    it("watches a prefix, from now on and from the past", async () => {
      const seen: string[] = [];
      const { header } = await client.put("watch/a").value("1");
      const watcher = await client.watch().prefix("watch/").startRevision(header.revision).create();
      onTestFinished(() => watcher.cancel());
      watcher.on("put", ({ key, value }) => seen.push(`put ${key.toString()} ${value.toString()}`));
      watcher.on("delete", ({ key }) => seen.push(`delete ${key.toString()}`));
      await client.put("watch/b").value("2");
      await client.delete().key("watch/a");
      await expect.poll(() => seen).toEqual(["put watch/a 1", "put watch/b 2", "delete watch/a"]);
    });
  });
}

suite("the bundled server", () => MockEtcdServer.start());
const binaries = findEtcdBinaries();
mustBeFoundInCi("etcd for npm etcd3", binaries);
for (const binary of binaries) suite(`etcd ${binary.version}`, () => RealEtcd.start(binary));
