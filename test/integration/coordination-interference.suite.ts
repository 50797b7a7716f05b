import { Election, type ElectionTerm, type EtcdClient, isLeaseExpiredError, Shard } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import type { Suite } from "../support/servers.ts";

/** So long that nothing here is explained by a lease that ran out. */
const TTL_SECONDS = 60;
const SOON_MS = 5_000;

function election(client: EtcdClient, prefix: string, value: string): Election {
  const election = new Election(client, { prefix, ttlSeconds: TTL_SECONDS, value });
  onTestFinished(() => election.resign());
  return election;
}

/** Whether etcd takes a write that stands under this fence. */
async function writes(client: EtcdClient, { fence }: Pick<ElectionTerm, "fence">): Promise<boolean> {
  return (await client.kv.txn({ compare: [fence], success: [{ put: { key: "test-guarded", value: "1" } }] })).succeeded;
}

/** The candidates, in the order in which they stand. */
async function candidates(client: EtcdClient, prefix: string): Promise<string[]> {
  const { kvs } = await client.kv.get(prefix, { prefix: true, sort: { by: "create" } });
  return kvs.map((kv) => kv.valueText);
}

function aborted(signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason as Error);
    else
      signal.addEventListener("abort", () => {
        resolve(signal.reason as Error);
      });
  });
}

/** The id of the lease behind a key, as its name tells. */
function leaseOf({ key }: Pick<ElectionTerm, "key">): bigint {
  return BigInt(`0x${key.toString().replace(/^.*\//, "")}`);
}

/** What others do to those who stand for election, and what they do to themselves. */
export const coordinationInterference: Suite = (server) => {
  it("a leader whose lease is revoked by somebody else is told at once, its writes are refused, and another leads", async () => {
    const prefix = uniquePrefix();
    const [own, stranger] = [connect(server.endpoint), connect(server.endpoint)];
    const deposed = await election(own, prefix, "deposed").campaign();
    const waiting = election(connect(server.endpoint), prefix, "next").campaign();
    await eventually(async () => (await candidates(stranger, prefix)).length === 2);
    await stranger.lease.revoke(leaseOf(deposed));
    await within(SOON_MS, "to be told", aborted(deposed.signal));
    const term = await within(SOON_MS, "to lead", waiting);
    expect([deposed.isCurrent, await writes(stranger, deposed), await writes(stranger, term)]).toEqual([false, false, true]);
  });

  it("a leader that revokes its own lease is told so", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const term = await election(client, prefix, "own").campaign();
    await client.lease.revoke(leaseOf(term));
    const reason = await within(SOON_MS, "to be told", aborted(term.signal));
    expect(isLeaseExpiredError(reason) || String(reason).includes("was deleted")).toBe(true);
    expect(await writes(client, term)).toBe(false);
  });

  it("a candidate whose lease is revoked while it waits stands again, at the end of the line", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const first = await election(client, prefix, "first").campaign();
    const waiting = new Election(connect(server.endpoint), { prefix, ttlSeconds: 3, value: "waits" });
    onTestFinished(() => waiting.resign());
    const leads = waiting.campaign();
    await eventually(async () => (await candidates(client, prefix)).join() === "first,waits");
    const { kvs } = await client.kv.get(prefix, { prefix: true, sort: { by: "create" } });
    await client.lease.revoke(kvs[1]?.lease ?? 0n);
    await eventually(async () => (await candidates(client, prefix)).join() === "first,waits");
    await first.release();
    expect(await writes(client, await within(SOON_MS, "to lead", leads))).toBe(true);
  });

  it("two elections of one name in one client are two candidates; the campaigns of one are one", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const [one, other] = [election(client, prefix, "one"), election(client, prefix, "other")];
    const [first, second] = await Promise.all([one.campaign(), one.campaign()]);
    expect([first.revision, await candidates(client, prefix)]).toEqual([second.revision, ["one"]]);
    const waiting = other.campaign();
    await eventually(async () => (await candidates(client, prefix)).join() === "one,other");
    await first.release();
    expect([second.isCurrent, await writes(client, second)]).toEqual([true, true]); // somebody works under it still
    await second.release();
    const term = await within(SOON_MS, "to lead", waiting);
    expect([await writes(client, second), await writes(client, term)]).toEqual([false, true]);
  });

  it("a campaign, or a shard, that is entered with a signal aborted before leaves no candidate and no member", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const late = election(client, `${prefix}election/`, "late");
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(late.campaign({ signal })).rejects.toThrow("too late");
    await expect(new Shard(client, { prefix: `${prefix}shard/` }).join({ signal })).rejects.toThrow("too late");
    await within(SOON_MS, "to resign what there is not", late.resign());
    expect((await client.kv.get(prefix, { prefix: true })).kvs).toEqual([]);
    const term = await late.campaign();
    expect(await writes(client, term)).toBe(true);
  });

  it("works in a namespace: nothing of it lies outside, and its fence holds inside", async () => {
    const [namespace, outside] = [uniquePrefix(), connect(server.endpoint)];
    const [a, b] = [connect(server.endpoint, { namespace }), connect(server.endpoint, { namespace })];
    const term = await election(a, "election", "a").campaign();
    const waiting = election(b, "election", "b").campaign();
    await eventually(async () => (await candidates(outside, `${namespace}election/`)).join() === "a,b");
    expect([await writes(b, term), await writes(outside, term)]).toEqual([true, false]);
    await term.release();
    expect([(await within(SOON_MS, "to lead", waiting)).isCurrent, await writes(a, term)]).toEqual([true, false]);
    await a.kv.delete("test-guarded");
  });
};
