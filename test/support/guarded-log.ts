import type { EtcdClient, Revision } from "etcd-watch";

/** One guarded write, as etcd's history has it. */
export interface GuardedWrite {
  readonly revision: Revision;
  readonly job: string;
  readonly name: string;
  /** The revision that the writer's fence named. */
  readonly right: Revision;
}

/** The state of the keys that a fence is about, at each revision: of an election the leader's, of a shard the ring. */
export type RightAt = (revision: Revision) => Revision | undefined;

/** Every guarded write below the prefix, and by which right it could be done at its time. From etcd's history alone. */
export async function guardedHistory(
  client: EtcdClient,
  prefix: string,
): Promise<{ readonly writes: readonly GuardedWrite[]; readonly rightAt: { readonly election: RightAt; readonly shard: RightAt } }> {
  const writes: GuardedWrite[] = [];
  /** By key, when each candidate was there: its creation and its end. */
  const candidates: { readonly key: string; readonly from: Revision; until: Revision | undefined }[] = [];
  const rings: Revision[] = [];
  const { header } = await client.kv.put(`${prefix}end`, "1");
  for await (const { kv, type } of client.watch(prefix, { prefix: true, startRevision: 1n }).events()) {
    const name = kv.keyText.slice(prefix.length);
    if (name === "log") {
      const { right, ...write } = kv.json<{ readonly job: string; readonly name: string; readonly right: string }>();
      writes.push({ ...write, right: BigInt(right), revision: kv.modRevision });
    } else if (name === "shard/ring") rings.push(kv.modRevision);
    else if (name.startsWith("election/")) {
      if (type === "put" && kv.version === 1n) candidates.push({ key: name, from: kv.modRevision, until: undefined });
      const gone = type === "delete" ? candidates.findLast(({ key }) => key === name) : undefined;
      if (gone !== undefined) gone.until = kv.modRevision;
    }
    if (kv.modRevision >= header.revision) break;
  }
  const first = (revision: Revision): Revision | undefined =>
    candidates.find(({ from, until }) => from <= revision && (until === undefined || until > revision))?.from;
  return { writes, rightAt: { election: first, shard: (revision) => rings.findLast((written) => written <= revision) } };
}
