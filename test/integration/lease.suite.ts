import { setTimeout as delay } from "node:timers/promises";
import { isLeaseExpiredError, isRpcError, type LeaseKeepAliveResponse } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";

/** The shortest that a server grants. */
const SHORTEST_TTL_SECONDS = 2;

/** Reads in the background. `ended` gives "quietly", or what the loop threw. */
function readInBackground(renewals: AsyncIterable<LeaseKeepAliveResponse>): { answers: LeaseKeepAliveResponse[]; ended: Promise<unknown> } {
  const answers: LeaseKeepAliveResponse[] = [];
  const read = async (): Promise<unknown> => {
    try {
      for await (const answer of renewals) answers.push(answer);
      return "quietly";
    } catch (error) {
      return error;
    }
  };
  return { answers, ended: read() };
}

export const leases: Suite = (server) => {
  it("[120] a time that is too short for the server is raised, and an id that is taken is refused", async () => {
    const client = connect(server.endpoint);
    const { id, ttlSeconds } = await client.lease.grant(1);
    expect(id).toBeGreaterThan(0n);
    expect(ttlSeconds).toBe(BigInt(SHORTEST_TTL_SECONDS));
    await expect(client.lease.grant(10, { id })).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    await expect(client.lease.grant(9_000_000_001n)).rejects.toMatchObject({ code: "OUT_OF_RANGE" });
    await client.lease.revoke(id);
  });

  it.each([12_345n, -(2n ** 63n), 2n ** 63n - 1n])("a lease may have the id %s", async (id) => {
    const client = connect(server.endpoint);
    expect(await client.lease.grant(60, { id })).toMatchObject({ id, ttlSeconds: 60n });
    expect((await client.lease.leases()).leases).toContainEqual({ id });
    {
      await using renewals = client.lease.keepAlive(id);
      expect((await renewals.next()).value).toMatchObject({ id, ttlSeconds: 60n });
    }
    await client.lease.revoke(id);
    expect((await client.lease.leases()).leases).not.toContainEqual({ id });
  });

  it("[118] revoking a lease deletes its keys in order at one revision, and an unknown one is refused", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const { id } = await client.lease.grant(60);
    for (const name of ["c", "a", "b"]) await client.kv.put(prefix + name, "v", { lease: id });
    const { keys, ttlSeconds, grantedTtlSeconds } = await client.lease.timeToLive(id, { keys: true });
    expect(keys.map(String).sort()).toEqual(["a", "b", "c"].map((name) => prefix + name));
    expect([59n, 60n]).toContain(ttlSeconds);
    expect(grantedTtlSeconds).toBe(60n);
    expect((await client.lease.timeToLive(id)).keys).toEqual([]);

    const watch = client.watch(prefix, { prefix: true });
    const seen = observe(watch);
    await watch.created;
    const { header } = await client.lease.revoke(id);
    const deletes = await seen.waitForEvents(3);
    expect(deletes.map(brief)).toEqual(["a", "b", "c"].map((name) => `delete ${prefix}${name}`));
    expect(new Set(deletes.map(({ kv }) => kv.modRevision))).toEqual(new Set([header.revision]));

    await expect(client.lease.revoke(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await client.lease.timeToLive(id, { keys: true })).toMatchObject({ ttlSeconds: -1n, grantedTtlSeconds: 0n, keys: [] });
    await expect(client.kv.put(`${prefix}d`, "v", { lease: id })).rejects.toSatisfy(isRpcError);
  });

  it("[119] a lease that is kept alive keeps its keys, and loses them when it is let go", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const { id } = await client.lease.grant(SHORTEST_TTL_SECONDS);
    const letGo = new AbortController();
    const { answers, ended } = readInBackground(client.lease.keepAlive(id, { signal: letGo.signal }));
    await client.kv.put(key, "v", { lease: id });
    const watch = client.watch(key, { prevKv: true });
    const seen = observe(watch);
    await watch.created;

    await delay(2 * SHORTEST_TTL_SECONDS * 1_000);
    expect(seen.events).toEqual([]);
    expect(answers.length).toBeGreaterThanOrEqual(5); // one at once, then three in each lifetime
    expect(answers.length).toBeLessThanOrEqual(7);

    letGo.abort();
    expect(await ended).toBe("quietly");
    const [expiry] = await seen.waitForEvents(1);
    expect(expiry?.type).toBe("delete");
    expect(expiry?.prevKv?.lease).toBe(id);
  }, 20_000);

  it("the loop over a lease that is not there ends with LeaseExpiredError", async () => {
    const client = connect(server.endpoint);
    const { ended } = readInBackground(client.lease.keepAlive(4_711n));
    const error = await ended;
    expect(error).toSatisfy(isLeaseExpiredError);
    expect(error).toMatchObject({ leaseId: 4_711n });
  });

  it("the loop over a lease ends with LeaseExpiredError when another client revokes it", async () => {
    const [client, other] = [connect(server.endpoint), connect(server.endpoint)];
    const { id } = await client.lease.grant(3);
    const { answers, ended } = readInBackground(client.lease.keepAlive(id));
    await eventually(() => answers.length === 1);
    await other.lease.revoke(id);
    expect(await within(3_000, "the end of the loop", ended)).toSatisfy(isLeaseExpiredError);
  });

  it("two hundred leases are kept alive together", async () => {
    const client = connect(server.endpoint);
    const granted = await Promise.all(Array.from({ length: 200 }, () => client.lease.grant(SHORTEST_TTL_SECONDS)));
    const readings = granted.map(({ id }) => readInBackground(client.lease.keepAlive(id)));
    await delay(1.5 * SHORTEST_TTL_SECONDS * 1_000);
    const alive = new Set((await client.lease.leases()).leases.map(({ id }) => id));
    expect(granted.filter(({ id }) => !alive.has(id))).toEqual([]);
    await client.close();
    for (const { ended } of readings) expect(await ended).toBe("quietly");
  });

  it("a lease lives on when its connection is cut again and again", async () => {
    const proxy = await startProxy(server.endpoint);
    const client = connect(proxy.endpoint);
    const { id } = await client.lease.grant(3);
    const { answers, ended } = readInBackground(client.lease.keepAlive(id));
    for (let cut = 0; cut < 12; cut++) {
      await delay(400);
      proxy.cut();
    }
    const before = answers.length;
    await eventually(() => answers.length > before, { describe: () => "the lease is not renewed after the last cut" });
    expect((await client.lease.timeToLive(id)).ttlSeconds).toBeGreaterThan(0n);
    await client.lease.revoke(id);
    expect(await ended).toSatisfy(isLeaseExpiredError);
  }, 20_000);

  it("a lease that cannot be renewed is lost when its time is over, not before", async () => {
    const proxy = await startProxy(server.endpoint);
    const client = connect(proxy.endpoint);
    const { id } = await client.lease.grant(SHORTEST_TTL_SECONDS);
    const { answers, ended } = readInBackground(client.lease.keepAlive(id));
    await eventually(() => answers.length === 1);
    const renewedAtMs = performance.now();
    proxy.refuse();
    proxy.cut();
    expect(await ended).toSatisfy(isLeaseExpiredError);
    const livedMs = performance.now() - renewedAtMs;
    expect(livedMs).toBeLessThan(SHORTEST_TTL_SECONDS * 1_000 + 1_000);
    expect(livedMs).toBeGreaterThan(SHORTEST_TTL_SECONDS * 1_000 - 500);
  });

  it("a lease lives through a restart of the server", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const { id } = await client.lease.grant(10);
    await client.kv.put(key, "v", { lease: id });
    const { answers, ended } = readInBackground(client.lease.keepAlive(id));
    await eventually(() => answers.length === 1);
    await server.current.kill();
    await server.current.restart();
    await eventually(() => answers.length >= 3, { timeoutMs: 12_000, describe: () => `${String(answers.length)} renewals were answered` });
    expect((await client.kv.get(key)).count).toBe(1n);
    await client.lease.revoke(id);
    expect(await ended).toSatisfy(isLeaseExpiredError);
  }, 30_000);
};
