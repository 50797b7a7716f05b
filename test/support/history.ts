import { randomBytes } from "node:crypto";
import type { EtcdClient, Revision } from "etcd-watch";

interface WrittenKey {
  readonly key: string;
  readonly value: Buffer;
}

/** What a program wrote under a prefix of its own: the truth that a watch is held against. */
export interface History {
  readonly prefix: string;
  readonly valueBytes: number;
  readonly written: ReadonlyMap<Revision, WrittenKey>;
  readonly lastRevision: Revision;
}

const WRITERS = 64;
const KEYS = 100;

/** Puts `revisions` times, with many puts in flight: etcd writes those to its disk together. */
export async function writeHistory(
  client: EtcdClient,
  { revisions, valueBytes }: { revisions: number; valueBytes: number },
): Promise<History> {
  const prefix = `history-${randomBytes(6).toString("hex")}/`;
  const written = new Map<Revision, WrittenKey>();
  let [started, lastRevision] = [0, 0n];
  const write = async (): Promise<void> => {
    while (started < revisions) {
      const index = started++;
      const [key, value] = [`${prefix}${String(index % KEYS)}`, Buffer.alloc(valueBytes, `${String(index)} `)];
      const { revision } = (await client.kv.put(key, value)).header;
      written.set(revision, { key, value });
      if (revision > lastRevision) lastRevision = revision;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  if (written.size !== revisions) throw new Error(`${String(revisions)} puts made ${String(written.size)} revisions`);
  return { prefix, valueBytes, written, lastRevision };
}

export async function deleteHistory(client: EtcdClient, { prefix }: History): Promise<void> {
  await client.kv.delete(prefix, { prefix: true });
}
