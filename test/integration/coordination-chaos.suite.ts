import type { EtcdClient } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { ControllerProcess } from "../support/controller-process.ts";
import { eventually } from "../support/eventually.ts";
import { guardedHistory, type GuardedWrite } from "../support/guarded-log.ts";
import type { Suite } from "../support/servers.ts";

const JOBS = 12;
/** Each takes five to ten seconds, and the programs that it starts ten times as long to start on a machine that is busy. */
const LIMIT_MS = 180_000;
const PATIENCE = { timeoutMs: 45_000 };

type Kind = "election" | "shard";

/** Writes the jobs over and over, until told to stop. */
function writeJobs(client: EtcdClient, prefix: string) {
  const ending = new AbortController();
  let round = 0;
  const writing = (async () => {
    while (!ending.signal.aborted) {
      const job = String(round++ % JOBS);
      await client.kv.put(`${prefix}jobs/${job}`, String(round)).catch(() => undefined); // etcd is away: the next one
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  })();
  const stop = async (): Promise<void> => {
    ending.abort();
    await writing;
  };
  onTestFinished(stop);
  return stop;
}

async function values(client: EtcdClient, prefix: string): Promise<Record<string, string>> {
  const { kvs } = await client.kv.get(prefix, { prefix: true });
  return Object.fromEntries(kvs.map((kv) => [kv.keyText.slice(prefix.length), kv.valueText]));
}

async function expectReconciled(client: EtcdClient, prefix: string): Promise<void> {
  const jobs = await values(client, `${prefix}jobs/`);
  expect(Object.keys(jobs)).toHaveLength(JOBS);
  const isReconciled = async (): Promise<boolean> => {
    const done = await values(client, `${prefix}done/`);
    return Object.entries(jobs).every(([job, value]) => done[job] === value);
  };
  await eventually(isReconciled, { ...PATIENCE, describe: () => "jobs are left" });
}

/** By etcd's history, each write was done by whoever had the right then, and one right is one process's: for all jobs, or for each. */
async function expectOneInCharge(kind: Kind, client: EtcdClient, prefix: string): Promise<readonly GuardedWrite[]> {
  const { writes, rightAt } = await guardedHistory(client, prefix);
  const inCharge = new Map<string, string>();
  for (const { revision, right, job, name } of writes) {
    expect(right, `the write of ${name} at ${String(revision)}`).toBe(rightAt[kind](revision));
    const what = kind === "election" ? String(right) : `${String(right)} ${job}`;
    expect(inCharge.get(what) ?? name, what).toBe(name);
    inCharge.set(what, name);
  }
  return writes;
}

/** How many take part. */
async function membersOf(kind: Kind, client: EtcdClient, prefix: string): Promise<bigint> {
  const below = kind === "shard" ? "shard/members/" : "election/";
  return (await client.kv.get(prefix + below, { prefix: true, countOnly: true })).count;
}

/** Who did the last write. */
async function lastWriter(client: EtcdClient, prefix: string): Promise<string | undefined> {
  const { kvs } = await client.kv.get(`${prefix}log`);
  return kvs[0]?.json<{ readonly name: string }>().name;
}

/** What three processes do that are killed in turn, and one that is stopped and woken. */
export const coordinationChaos: Suite = (server) => {
  const start = (kind: Kind, prefix: string, name: string): ControllerProcess =>
    new ControllerProcess(kind, { endpoint: server.endpoint, prefix, name });

  it.each(["election", "shard"] as const)(
    "three processes with one %s, killed in turn, and the server as well: never two in charge past the fence, and every key reconciled",
    { timeout: LIMIT_MS },
    async (kind) => {
      const prefix = uniquePrefix();
      const client = connect(server.endpoint);
      const stopWriting = writeJobs(client, prefix);
      const running = new Map(["a", "b", "c"].map((name) => [name, start(kind, prefix, name)]));
      const kill = async (name: string): Promise<void> => {
        await running.get(name)?.kill();
        running.delete(name);
      };
      const nextWriter = async (isWanted: (name: string) => boolean): Promise<string> => {
        let name: string | undefined;
        const describe = (): string => `no other writer came: ${[...running.values()].map(({ stderr }) => stderr).join("")}`;
        await eventually(async () => isWanted((name = await lastWriter(client, prefix)) ?? ""), { ...PATIENCE, describe });
        return name ?? "";
      };
      await eventually(async () => (await membersOf(kind, client, prefix)) === 3n, PATIENCE);

      const first = await nextWriter((name) => running.has(name));
      await kill(first);
      const second = await nextWriter((name) => running.has(name));
      await server.current.kill();
      await server.current.restart();
      running.set("d", start(kind, prefix, "d"));
      await kill(second);
      await nextWriter((name) => running.has(name));
      await stopWriting();
      await expectReconciled(client, prefix);

      const writes = await expectOneInCharge(kind, client, prefix);
      expect(new Set(writes.map(({ name }) => name)).size).toBeGreaterThanOrEqual(3);
      await eventually(async () => (await membersOf(kind, client, prefix)) === 2n, PATIENCE); // the last one has started, and the dead are gone
      const ends = await Promise.all([...running.values()].map((program) => program.interrupt()));
      expect(ends).toEqual([0, 0]);
    },
  );

  it.each(["election", "shard"] as const)(
    "a process with one %s that is stopped past its lease's time and woken has its writes refused",
    { timeout: LIMIT_MS },
    async (kind) => {
      const prefix = uniquePrefix();
      const client = connect(server.endpoint);
      const stopWriting = writeJobs(client, prefix);
      const sleeper = start(kind, prefix, "sleeper");
      await eventually(async () => (await lastWriter(client, prefix)) === "sleeper", PATIENCE);
      const other = start(kind, prefix, "other");
      await eventually(async () => (await membersOf(kind, client, prefix)) === 2n, PATIENCE);
      const job = await sleeper.pauseAtWork();

      // The other has all keys, and the one that the sleeper has in hand.
      await client.kv.put(`${prefix}jobs/${job}`, "while it sleeps");
      const [saidBefore, otherSaidBefore] = [sleeper.lines.length, other.lines.length];
      await eventually(() => other.lines.slice(otherSaidBefore).includes(`done with ${job}`), PATIENCE);
      sleeper.wake();
      const describe = (): string => sleeper.lines.slice(saidBefore).join();
      await eventually(() => sleeper.lines.slice(saidBefore).includes(`refused for ${job}`), { ...PATIENCE, describe });

      await stopWriting();
      await expectReconciled(client, prefix);
      await expectOneInCharge(kind, client, prefix);
      expect(await Promise.all([sleeper, other].map((program) => program.interrupt()))).toEqual([0, 0]);
    },
  );
};
