import { EtcdClient, isCompactedError } from "etcd-watch";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { uniquePrefix } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { type ClusterMember, EtcdCluster } from "../support/etcd-cluster.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { eventually, within } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { writeHistory } from "../support/history.ts";
import { brief, observe } from "../support/observe.ts";
import { put } from "../support/writes.ts";

const PROGRESS_INTERVAL_MS = 200;
/** With this few, a member that was away for longer than 5,000 entries is sent a snapshot. */
const SNAPSHOT_COUNT = 100;
const CATCH_UP_ENTRIES = 5_000;
/** A member that has lost its leader ends streams after three election timeouts of a second; then another member is found. */
const MOVE_MS = 10_000;

function connect(...endpoints: readonly string[]): EtcdClient {
  const client = new EtcdClient({ endpoints });
  onTestFinished(() => client.close());
  return client;
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("three members of real etcd", binaries);

describe.each(binaries)("three members of etcd $version", (binary) => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(binary, {
      flags: [
        ...["--experimental-watch-progress-notify-interval", `${String(PROGRESS_INTERVAL_MS)}ms`],
        ...["--snapshot-count", String(SNAPSHOT_COUNT)],
      ],
    });
  }, 60_000);
  afterEach(() => cluster.recover(), 60_000);
  afterAll(() => cluster.stop());

  /** The members with the leader first. */
  async function membersByRank(): Promise<[ClusterMember, ClusterMember, ClusterMember]> {
    const [leader, followers] = [await cluster.leader(), await cluster.followers()];
    const [first, second] = followers;
    if (first === undefined || second === undefined) throw new Error("there are not two followers");
    return [leader, first, second];
  }

  it("[163] a watch whose member is killed or shut down goes on at another one, and loses nothing", async () => {
    const key = `${uniquePrefix()}a`;
    for (const [round, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
      const [leader, follower, other] = await membersByRank();
      const member = round === 0 ? follower : leader;
      const survivor = round === 0 ? leader : follower;
      const client = connect(member.endpoint, survivor.endpoint, other.endpoint);
      const watch = client.watch(key);
      const seen = observe(watch);
      await watch.created;
      expect(watch.status.endpoint).toBe(member.endpoint);
      await put(client, key, "before");
      await member.kill(signal);
      const writer = connect(survivor.endpoint, other.endpoint);
      await eventually(() =>
        put(writer, key, "after").then(
          () => true,
          () => false, // until there is a leader
        ),
      );
      await within(MOVE_MS, "the move", seen.waitForEvents(2));
      expect(seen.events.map(brief)[0]).toBe(`put ${key}=before`);
      expect(new Set(seen.events.slice(1).map(brief))).toEqual(new Set([`put ${key}=after`]));
      expect(watch.status.endpoint).not.toBe(member.endpoint);
      watch.cancel();
      await cluster.recover();
    }
  }, 60_000);

  it("[164] a first endpoint that is dead from the start is passed over", async () => {
    const [, follower] = await membersByRank();
    const client = connect(`127.0.0.1:${String(await freePort())}`, follower.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await within(5_000, "the watch", watch.created);
    expect(watch.status.endpoint).toBe(follower.endpoint);
    await put(client, key, "1");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
  });

  it("[165] after setEndpoints() a watch stays where it is until its stream breaks, and goes to the new ones then", async () => {
    const [leader, follower, other] = await membersByRank();
    const client = connect(other.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    client.setEndpoints([follower.endpoint]);
    await put(client, key, "1");
    await seen.waitForEvents(1);
    expect(watch.status.endpoint).toBe(other.endpoint);
    await other.kill();
    await put(connect(leader.endpoint), key, "2");
    expect((await within(MOVE_MS, "the move", seen.waitForEvents(2))).map(brief)).toEqual([`put ${key}=1`, `put ${key}=2`]);
    expect(watch.status.endpoint).toBe(follower.endpoint);
  }, 30_000);

  it("[140] without a quorum a watch keeps trying and goes on when it is back; one that needs no leader reads history", async () => {
    const [leader, follower, survivor] = await membersByRank();
    const client = connect(survivor.endpoint);
    const key = `${uniquePrefix()}a`;
    const startRevision = await put(client, key, "history");
    const watch = client.watch(key);
    const seen = observe(watch);
    await watch.created;
    await Promise.all([leader.kill(), follower.kill()]);
    await within(
      MOVE_MS,
      "the end of the stream",
      eventually(() => watch.status.state === "resuming"),
    );
    const plain = observe(client.watch(key, { requireLeader: false, startRevision }));
    expect((await plain.waitForEvents(1)).map(brief)).toEqual([`put ${key}=history`]);
    const asked = observe(client.watch(key, { startRevision }));
    await plain.waitForEvents(1);
    expect([asked.responses.length, watch.status.state]).toEqual([0, "resuming"]);
    await Promise.all([leader.restart(), follower.restart()]);
    await survivor.healthy();
    await put(connect(leader.endpoint), key, "after");
    for (const each of [seen, plain, asked]) {
      const last = (await within(MOVE_MS, "the event", each.waitForEvents(each === seen ? 1 : 2))).at(-1);
      expect(last?.kv.valueText).toBe("after");
    }
  }, 60_000);

  it.each(["leader", "follower"])(
    "[141] a watch at a %s that is cut off from its peers moves to a member that has a leader",
    async (rank) => {
      const [leader, follower, other] = await membersByRank();
      const isolated = rank === "leader" ? leader : follower;
      const connected = rank === "leader" ? follower : leader;
      const client = connect(isolated.endpoint, connected.endpoint, other.endpoint);
      const key = `${uniquePrefix()}a`;
      const watch = client.watch(key);
      const seen = observe(watch);
      await watch.created;
      expect(watch.status.endpoint).toBe(isolated.endpoint);
      isolated.isolate();
      await connected.healthy();
      const writer = connect(connected.endpoint, other.endpoint);
      await put(writer, key, "1");
      expect((await within(MOVE_MS, "the event", seen.waitForEvents(1))).map(brief)).toEqual([`put ${key}=1`]);
      expect(watch.status.endpoint).not.toBe(isolated.endpoint);
    },
    60_000,
  );

  it("[142] a watch that needs no leader is silent while its member is cut off, and has everything afterwards", async () => {
    const [leader, isolated, other] = await membersByRank();
    const client = connect(isolated.endpoint, leader.endpoint, other.endpoint);
    const key = `${uniquePrefix()}a`;
    const [plain, careful] = [client.watch(key, { requireLeader: false }), client.watch(key)];
    const [seenPlain, seenCareful] = [observe(plain), observe(careful)];
    await Promise.all([plain.created, careful.created]);
    expect([plain.status.endpoint, careful.status.endpoint]).toEqual([isolated.endpoint, isolated.endpoint]);
    isolated.isolate();
    await put(connect(leader.endpoint), key, "1");
    await within(MOVE_MS, "the move of the other", seenCareful.waitForEvents(1));
    expect([seenPlain.responses.length, plain.status.endpoint]).toEqual([0, isolated.endpoint]);
    cluster.heal();
    expect((await within(MOVE_MS, "the event", seenPlain.waitForEvents(1))).map(brief)).toEqual([`put ${key}=1`]);
  }, 60_000);

  it("[109] a watch whose member was down during a compaction gets all of a history or a CompactedError, never a gap", async () => {
    const [leader, member] = await membersByRank();
    const [client, writer] = [connect(member.endpoint), connect(leader.endpoint)];
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key, { startRevision: (await put(writer, `${key}-not`)) + 1n });
    const seen = observe(watch);
    await watch.created;
    await member.kill();
    const revisions: bigint[] = [];
    for (let index = 0; index < 5; index++) revisions.push(await put(writer, key));
    await writer.kv.compact(revisions[2] ?? 0n);
    await member.restart();
    await Promise.race([seen.ended, seen.waitForEvents(5).catch(() => undefined)]);
    const delivered = seen.events.map(({ kv }) => kv.modRevision);
    expect(delivered).toEqual(revisions.slice(0, delivered.length));
    if (delivered.length < 5) expect(await seen.ended).toSatisfy(isCompactedError);
  }, 30_000);

  it("[104] a watch at a member that is sent a snapshot, because it was away for too long, gets what it missed and goes on", async () => {
    const [leader, member] = await membersByRank();
    const client = connect(member.endpoint);
    const writer = connect(leader.endpoint);
    member.isolate();
    const { prefix, written } = await writeHistory(writer, { revisions: CATCH_UP_ENTRIES + 10 * SNAPSHOT_COUNT, valueBytes: 0 });
    const revisions = [...written.keys()].sort((a, b) => Number(a - b));
    const watch = client.watch(prefix, { prefix: true, requireLeader: false, startRevision: revisions[0] ?? 0n });
    const seen = observe(watch);
    await watch.created;
    expect(seen.events).toEqual([]);
    cluster.heal();
    await member.healthy();
    const last = await put(writer, `${prefix}last`);
    const events = await within(MOVE_MS, "the catch-up", seen.waitForRevision(last));
    expect(events.map(({ kv }) => kv.modRevision)).toEqual([...revisions, last]);
    expect(watch.status.endpoint).toBe(member.endpoint);
    expect(await member.metrics()).toMatch(/^etcd_network_snapshot_receive_success\{.*\} [1-9]/m);
  }, 60_000);

  it("[127] under heavy reads, events and notices still come soon", async () => {
    const [leader, follower] = await membersByRank();
    const key = `${uniquePrefix()}a`;
    const [client, writer, reader] = [connect(follower.endpoint), connect(leader.endpoint), connect(follower.endpoint)];
    await put(writer, `${key}/large`, Buffer.alloc(512 * 1_024));
    const watch = client.watch(key, { progressNotify: true });
    const seen = observe(watch);
    await watch.created;
    let isReading = true;
    const reading = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (isReading) await reader.kv.get(`${key}/large`);
      }),
    );
    const delaysMs: number[] = [];
    for (let index = 1; index <= 20; index++) {
      const writtenAtMs = performance.now();
      await put(writer, key, String(index));
      await seen.waitForEvents(index);
      delaysMs.push(performance.now() - writtenAtMs);
    }
    const quietAtMs = performance.now();
    const notices = seen.responses.length + 3;
    await seen.waitForResponses(notices);
    const noticesMs = performance.now() - quietAtMs;
    isReading = false;
    await reading;
    console.log(
      `under heavy reads: an event within ${Math.max(...delaysMs).toFixed(0)} ms, three notices within ${noticesMs.toFixed(0)} ms`,
    );
    expect(Math.max(...delaysMs)).toBeLessThan(2_000); // upstream: 150, on a machine of its own
    expect(noticesMs).toBeLessThan(5 * PROGRESS_INTERVAL_MS + 2_000);
  }, 30_000);

  it("[146] a learner, which may not serve watches, is passed over", async () => {
    const learner = await cluster.addLearner();
    const [leader] = await membersByRank();
    const client = connect(learner.endpoint, leader.endpoint);
    const key = `${uniquePrefix()}a`;
    const watch = client.watch(key);
    const seen = observe(watch);
    await within(MOVE_MS, "the watch", watch.created);
    expect(watch.status.endpoint).toBe(leader.endpoint);
    await put(connect(leader.endpoint), key, "1");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
  }, 30_000);
});
