import {
  Controller,
  Election,
  type ElectionTerm,
  type EtcdClient,
  isLeaseExpiredError,
  type KeyValue,
  Shard,
  type ShardTerm,
} from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";

const TTL_SECONDS = 2;
/** A lease that nobody renews is gone after its time, and what etcd's own rounds take. */
const HANDED_OVER = { timeoutMs: 10_000 };

function election(client: EtcdClient, prefix: string, value: string): Election {
  const election = new Election(client, { prefix, ttlSeconds: TTL_SECONDS, value });
  onTestFinished(() => election.resign());
  return election;
}

/** Whether etcd takes a write that stands under this fence. */
async function writes(client: EtcdClient, { fence }: Pick<ElectionTerm, "fence">): Promise<boolean> {
  return (await client.kv.txn({ compare: [fence], success: [{ put: { key: "test-guarded", value: "1" } }] })).succeeded;
}

function abortedAtMs(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(performance.now());
    });
  });
}

/** Who is told to lead, in order, until the test is over. */
function observed(election: Election): (string | undefined)[] {
  const seen: (string | undefined)[] = [];
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  void (async () => {
    for await (const leader of election.observe({ signal: stop.signal })) seen.push(leader?.valueText);
  })().catch((error: unknown) => seen.push(String(error)));
  return seen;
}

export const coordination: Suite = (server) => {
  it("three candidates lead in the order in which they came; resign() hands over", async () => {
    const prefix = uniquePrefix();
    const [a, b, c] = ["a", "b", "c"].map((name) => election(connect(server.endpoint), prefix, name)) as [Election, Election, Election];
    const seen = observed(c);
    await eventually(() => seen.length === 1);
    const order: string[] = [];
    const lead = async (name: string, election: Election): Promise<ElectionTerm> => {
      const term = await election.campaign();
      order.push(name);
      return term;
    };
    const termA = await lead("a", a);
    const waitingB = lead("b", b);
    await eventually(async () => (await connect(server.endpoint).kv.get(prefix, { prefix: true })).kvs.length === 2);
    const waitingC = lead("c", c);
    await eventually(async () => (await connect(server.endpoint).kv.get(prefix, { prefix: true })).kvs.length === 3);
    expect(order).toEqual(["a"]);
    expect(await termA.proclaim("a again")).toBe(true);
    await eventually(() => seen.at(-1) === "a again");

    await a.resign();
    expect(termA.signal.aborted).toBe(true);
    const termB = await waitingB;
    await eventually(() => seen.at(-1) === "b");
    await termB.release();
    const termC = await waitingC;
    expect(order).toEqual(["a", "b", "c"]);
    expect(termA.revision < termB.revision && termB.revision < termC.revision).toBe(true);
    await eventually(() => seen.at(-1) === "c");
    expect(await termB.proclaim("b again")).toBe(false);
    await c.resign();
    await eventually(() => seen.at(-1) === undefined);
    expect(seen).toEqual([undefined, "a", "a again", "b", "c", undefined]);
  });

  it("who waits and is told to stop leaves the line, and the one behind moves up", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const [a, b, c] = ["a", "b", "c"].map((name) => election(connect(server.endpoint), prefix, name)) as [Election, Election, Election];
    const termA = await a.campaign();
    const stop = new AbortController();
    const waitingB = b.campaign({ signal: stop.signal });
    await eventually(async () => (await client.kv.get(prefix, { prefix: true })).kvs.length === 2);
    const waitingC = c.campaign();
    await eventually(async () => (await client.kv.get(prefix, { prefix: true })).kvs.length === 3);
    stop.abort(new Error("enough"));
    await expect(waitingB).rejects.toThrow("enough");
    await eventually(async () => (await client.kv.get(prefix, { prefix: true })).kvs.length === 2);
    const termC = await Promise.race([waitingC, new Promise((resolve) => setTimeout(resolve, 100))]);
    expect(termC).toBeUndefined(); // a leads still
    await termA.release();
    expect((await waitingC).isCurrent).toBe(true);
  });

  it("a lost lease hands over only after the old term's signal was aborted, and the fence refuses the old leader", async () => {
    const prefix = uniquePrefix();
    const proxy = await startProxy(server.endpoint);
    const old = await election(connect(proxy.endpoint), prefix, "old").campaign();
    const client = connect(server.endpoint);
    expect(await writes(client, old)).toBe(true);
    const next = election(client, prefix, "next");
    const over = abortedAtMs(old.signal);
    const waiting = next.campaign().then((term) => ({ term, atMs: performance.now() }));
    await eventually(async () => (await client.kv.get(prefix, { prefix: true })).kvs.length === 2);
    proxy.refuse();
    proxy.cut();

    const { term, atMs } = await waiting;
    expect(await over).toBeLessThan(atMs);
    expect(old.signal.reason).toSatisfy(isLeaseExpiredError);
    expect(old.isCurrent).toBe(false);
    expect(await writes(client, old)).toBe(false);
    expect(await writes(client, term)).toBe(true);
    proxy.accept();
  });

  it("a leader whose key is deleted is told, and another leads", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const deposed = await election(client, prefix, "deposed").campaign();
    const waiting = election(connect(server.endpoint), prefix, "next").campaign();
    const over = abortedAtMs(deposed.signal);
    await client.kv.delete(deposed.key);
    const term = await waiting;
    await over;
    expect(String(deposed.signal.reason)).toContain("was deleted");
    expect(await writes(client, deposed)).toBe(false);
    expect(await writes(client, term)).toBe(true);
  });

  it("a campaign and a term live through a restart of the server", async () => {
    const prefix = uniquePrefix();
    const [a, b] = ["a", "b"].map((name) => election(connect(server.endpoint), prefix, name)) as [Election, Election];
    const term = await a.campaign();
    const waiting = b.campaign();
    await server.current.kill();
    await server.current.restart();
    const again = connect(server.endpoint);
    await eventually(async () => (await again.kv.get(prefix, { prefix: true })).kvs.length === 2, HANDED_OVER);
    await a.resign();
    const next = await waiting;
    expect(term.signal.aborted).toBe(true);
    expect(await writes(again, term)).toBe(false);
    expect(await writes(again, next)).toBe(true);
  });

  it("observe() goes on after a compaction that it was cut off from", async () => {
    const prefix = uniquePrefix();
    const proxy = await startProxy(server.endpoint);
    const client = connect(server.endpoint);
    const seen = observed(new Election(connect(proxy.endpoint), { prefix }));
    await eventually(() => seen.length === 1);
    const first = await election(client, prefix, "first").campaign();
    await eventually(() => seen.at(-1) === "first");
    proxy.refuse();
    proxy.cut();
    await first.release();
    const brief = await election(client, prefix, "brief").campaign();
    await brief.release();
    await election(client, prefix, "last").campaign();
    const { header } = await client.kv.put("test-elsewhere", "1");
    await client.kv.compact(header.revision);
    proxy.accept();
    await eventually(() => seen.at(-1) === "last", HANDED_OVER);
    expect(seen).toEqual([undefined, "first", "last"]);
  });

  it("controllers of one election: all of one process lead together, and those of the next after them", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const seen: string[] = [];
    const elections = ["a", "b"].map((name) => election(connect(server.endpoint), `${prefix}election`, name));
    const stops = elections.map(() => new AbortController());
    const running = elections.flatMap((leader, index) =>
      ["x", "y"].map((kind) =>
        new Controller(connect(server.endpoint), {
          prefix: `${prefix}${kind}/`,
          leader,
          reconcile: async (key, { fence }) => {
            if (fence === undefined || !(await writes(client, { fence }))) throw new Error("not the leader");
            seen.push(`${String(index)} ${key.slice(prefix.length)}`);
          },
        }).run({ signal: stops[index]?.signal as AbortSignal }),
      ),
    );
    await client.kv.put(`${prefix}x/1`, "1");
    await client.kv.put(`${prefix}y/1`, "1");
    await eventually(() => seen.length === 2);
    const leader = Number(seen[0]?.[0]);
    expect(seen.sort()).toEqual([`${String(leader)} x/1`, `${String(leader)} y/1`]);
    stops[leader]?.abort();
    await eventually(() => seen.length === 4);
    expect(seen.slice(2).sort()).toEqual([`${String(1 - leader)} x/1`, `${String(1 - leader)} y/1`]);
    stops[1 - leader]?.abort();
    await Promise.all(running);
    expect((await client.kv.get(`${prefix}election/`, { prefix: true })).kvs).toEqual([]);
  });

  it("each key of a shard is one member's, and moves only when it must", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const keys = Array.from({ length: 300 }, (_, index) => `job-${String(index)}`);
    const join = (): Promise<ShardTerm> => new Shard(connect(server.endpoint), { prefix, ttlSeconds: TTL_SECONDS }).join();
    const [a, b] = [await join(), await join()];
    const settled = (...terms: ShardTerm[]): Promise<void> =>
      eventually(() =>
        terms.every(
          ({ members }) =>
            members.join() ===
            terms
              .map(({ id }) => id)
              .sort()
              .join(),
        ),
      );
    const owners = (...terms: ShardTerm[]): (string | undefined)[] =>
      keys.map((key) => {
        const found = terms.filter((term) => term.permit(key) !== undefined);
        expect(found).toHaveLength(1);
        return found[0]?.id;
      });
    await settled(a, b);
    const before = owners(a, b);
    const [stale] = keys.filter((key) => a.permit(key) !== undefined);
    const old = a.permit(stale ?? "");
    const gained: string[] = [];

    const c = await join();
    await settled(a, b, c);
    const after = owners(a, b, c);
    for (const [index, owner] of after.entries()) if (owner !== c.id) expect(owner).toBe(before[index]);
    expect(after.filter((owner) => owner === c.id).length).toBeGreaterThan(60);
    expect(old?.signal.aborted).toBe(true);
    expect(old !== undefined && (await writes(client, old))).toBe(false);

    a.onGained((isGained) => gained.push(...keys.filter(isGained)));
    await c.release();
    await settled(a, b);
    expect(owners(a, b)).toEqual(before);
    expect(gained.sort()).toEqual(keys.filter((_, index) => after[index] === c.id && before[index] === a.id).sort());
    expect(c.permit(stale ?? "")).toBeUndefined();
    await Promise.all([a.release(), b.release()]);
  });

  it("controllers of a shard: each key is worked on by its member, keys that are gone too, and all by the one that is left", async () => {
    const prefix = uniquePrefix();
    const client = connect(server.endpoint);
    const done = new Map<string, { readonly by: number; readonly value: string | undefined }>();
    const stops = [0, 1, 2].map(() => new AbortController());
    const running = stops.map((stop, by) =>
      new Controller(connect(server.endpoint), {
        prefix: `${prefix}jobs/`,
        leader: new Shard(connect(server.endpoint), { prefix: `${prefix}shard`, ttlSeconds: TTL_SECONDS }),
        decode: (kv: KeyValue) => kv.valueText,
        reconcile: async (key, { value, fence }) => {
          if (fence === undefined || !(await writes(client, { fence }))) throw new Error("not its owner");
          done.set(key, { by, value });
        },
      }).run({ signal: stop.signal }),
    );
    const keys = Array.from({ length: 60 }, (_, index) => `${prefix}jobs/${String(index)}`);
    const isEach = (value: string | undefined): boolean => keys.every((key) => done.has(key) && done.get(key)?.value === value);
    for (const key of keys) await client.kv.put(key, "1");
    await eventually(() => isEach("1") && new Set([...done.values()].map(({ by }) => by)).size === 3);
    done.clear();
    stops[0]?.abort();
    await running[0];
    await eventually(() => done.size > 0); // those that were its own
    for (const key of keys) await client.kv.put(key, "2");
    await eventually(() => isEach("2"));
    expect(new Set([...done.values()].map(({ by }) => by))).toEqual(new Set([1, 2]));
    stops[1]?.abort();
    for (const key of keys) await client.kv.delete(key);
    await eventually(() => isEach(undefined));
    stops[2]?.abort();
    await Promise.all(running);
  });
};
