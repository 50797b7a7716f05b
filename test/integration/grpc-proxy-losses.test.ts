import { once } from "node:events";
import type { EtcdClient } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawEtcd } from "../fuzz/raw-etcd.ts";
import { connect, uniquePrefix } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { Etcdctl, etcdctlFor } from "../support/etcdctl.ts";
import { eventually } from "../support/eventually.ts";
import { GrpcProxy } from "../support/grpc-proxy.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put } from "../support/writes.ts";
import { RawWatch } from "../unit/mock-server/support/raw-watch.ts";

/** etcd sends a watch that begins in the past so many revisions at a time (mvcc: watchBatchMaxRevs). */
const CATCH_UP_REVISIONS = 1_000;
const REVISIONS = 1_300;
const PUTS_AT_ONCE = 50;
/** Many times what etcd takes over anything here. */
const LONG_MS = 1_000;

const binaries = findEtcdBinaries();

mustBeFoundInCi("etcd's grpc-proxy", binaries);

/**
 * What docs/chaos.md says of the proxy itself, seen without a line of this client between it and the test. If one of these fails with a
 * newer etcd, its proxy has been mended, and the page is to say so.
 */
describe.each(binaries)("the grpc-proxy of etcd $version loses events, whoever its client is", (binary) => {
  async function start() {
    const etcd = await RealEtcd.start(binary, { flags: ["--unsafe-no-fsync"] });
    onTestFinished(() => etcd.stop());
    const proxy = await GrpcProxy.start(binary, etcd.endpoint);
    onTestFinished(() => proxy.stop());
    return { direct: etcd.endpoint, proxied: proxy.endpoint, writer: connect(etcd.endpoint), prefix: uniquePrefix() };
  }

  /** A watch of the prefix over a call of its own, as the wire has it. */
  async function watch(endpoint: string, prefix: string, startRevision: bigint): Promise<RawWatch> {
    const etcd = new RawEtcd(endpoint);
    const raw = new RawWatch(etcd.watch());
    onTestFinished(() => {
      raw.close();
      etcd.close();
    });
    const end = Buffer.from(prefix);
    end[end.length - 1] = (end.at(-1) ?? 0) + 1;
    expect(await raw.created({ key: Buffer.from(prefix), rangeEnd: end, startRevision })).toMatchObject({ created: true, canceled: false });
    return raw;
  }

  /** The same by etcdctl, which is Go's clientv3: the keys that it prints. */
  function etcdctlKeys(endpoint: string, prefix: string, startRevision: bigint): () => string[] {
    const path = etcdctlFor(binary);
    if (path === undefined) throw new Error("there is no etcdctl beside etcd, nor in the path");
    let output = "";
    const child = new Etcdctl(path, endpoint).start(["watch", "--prefix", prefix, "--rev", String(startRevision)]);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    return () => output.split("\n").filter((line) => line.startsWith(prefix));
  }

  const revisionsOf = ({ responses }: RawWatch): number[] =>
    responses.flatMap(({ events }) => events.map(({ kv }) => Number(kv?.modRevision)));
  const eventsCome = (raw: RawWatch, count: number): Promise<void> => eventually(() => revisionsOf(raw).length >= count);

  async function putMany(client: EtcdClient, prefix: string): Promise<void> {
    for (let done = 0; done < REVISIONS; done += PUTS_AT_ONCE)
      await Promise.all(Array.from({ length: PUTS_AT_ONCE }, (_, index) => put(client, `${prefix}${String(done + index)}`)));
  }

  it("[188] skips what is beyond the first 1,000 revisions of a catch-up, if another watch of that range is up to date", async () => {
    const { direct, proxied, writer, prefix } = await start();
    const before = await put(writer, "before");
    await putMany(writer, prefix);
    const upToDate = await watch(proxied, prefix, 0n);
    const [whole, torn] = [await watch(direct, prefix, before + 1n), await watch(proxied, prefix, before + 1n)];
    await eventsCome(whole, REVISIONS);
    await torn.events(CATCH_UP_REVISIONS);
    await torn.quiet(LONG_MS);

    const go = etcdctlKeys(proxied, prefix, before + 1n);
    await eventually(() => go().length >= CATCH_UP_REVISIONS);
    const last = Number(await put(writer, `${prefix}last`));
    await eventsCome(upToDate, 1);
    await eventsCome(whole, REVISIONS + 1);
    await eventsCome(torn, CATCH_UP_REVISIONS + 1);
    await eventually(() => go().includes(`${prefix}last`));

    const first = Number(before) + 1;
    const all = Array.from({ length: REVISIONS }, (_, index) => first + index);
    expect(revisionsOf(whole)).toEqual([...all, last]);
    expect(revisionsOf(torn)).toEqual([...all.slice(0, CATCH_UP_REVISIONS), last]);
    expect(go()).toHaveLength(CATCH_UP_REVISIONS + 1);
  });

  it("[188] sends nothing any more to watches of a range, once one of them was compacted and not cancelled by its client before the next came", async () => {
    const { direct, proxied, writer, prefix } = await start();
    const gone = await put(writer, "a");
    const kept = await put(writer, "b");
    await writer.kv.compact(kept);
    const compacted = await watch(proxied, prefix, gone);
    expect(await compacted.next()).toMatchObject({ canceled: true, compactRevision: kept });

    const [whole, deaf] = [await watch(direct, prefix, kept + 1n), await watch(proxied, prefix, kept + 1n)];
    expect(deaf.responses).toMatchObject([{ header: { revision: kept + 1n, clusterId: 0n } }]); // made up: that revision is yet to come
    const [control, go] = [etcdctlKeys(direct, prefix, kept + 1n), etcdctlKeys(proxied, prefix, kept + 1n)];
    const fromNow = await watch(proxied, prefix, 0n);
    const revision = await put(writer, `${prefix}a`);
    await eventsCome(whole, 1);
    await eventually(() => control().length > 0);
    await Promise.all([deaf.quiet(LONG_MS), fromNow.quiet(LONG_MS)]);
    expect(go()).toEqual([]);

    compacted.cancel(0n); // the proxy forgets that watch, and the others stay where they are
    expect(await compacted.next()).toMatchObject({ canceled: true });
    await put(writer, `${prefix}b`);
    await eventsCome(whole, 2);
    await Promise.all([deaf.quiet(LONG_MS), fromNow.quiet()]);
    expect(go()).toEqual([]);
    expect(revisionsOf(whole)[0]).toBe(Number(revision));
  });
});
