import { type EtcdClient, isClusterChangedError, isCompactedError, type WatchEvent } from "../../index.ts";

const PAGE_SIZE = 1_000;

interface MirrorWrite {
  readonly key: Buffer;
  /** Undefined: it was deleted. */
  readonly value: Buffer | undefined;
}

/** What belongs together: the changes of one revision, or a page of keys as they are. */
interface MirrorBatch {
  readonly writes: readonly MirrorWrite[];
  /** On the last batch of a list: the revision at which the keys were as listed. */
  readonly synced?: bigint;
}

interface MirrorSource {
  readonly prefix: string;
  /** 0: the keys as they are, and then their changes; else the changes alone, from this one on. */
  readonly startRevision: bigint;
  readonly signal: AbortSignal;
}

/** Which keys the copy has, by their bytes, and what they were when they were last read or changed. */
type Known = Map<string, bigint>;

/**
 * All that it takes to make a copy of a prefix and keep it up to date, in order and for ever; ends quietly when the signal is aborted.
 * A watch that cannot go on, because its revision is compacted or the cluster was restored, makes it list again, and then only the
 * difference is told. With a start revision nothing was ever listed, so that is an error.
 */
export async function* mirrorBatches(source: EtcdClient, options: MirrorSource): AsyncGenerator<MirrorBatch, void, undefined> {
  const { prefix, startRevision, signal } = options;
  const known: Known = new Map();
  let next = startRevision;
  while (!signal.aborted) {
    try {
      if (next === 0n) next = (yield* listed(source, options, known)) + 1n;
      for await (const { events } of source.watch(prefix, { prefix: true, startRevision: next, signal })) {
        for (const batch of byRevision(events)) {
          for (const { type, kv } of batch) {
            if (type === "put") known.set(idOf(kv.key), kv.modRevision);
            else known.delete(idOf(kv.key));
          }
          yield { writes: batch.map(({ type, kv }) => ({ key: kv.key, value: type === "put" ? kv.value : undefined })) };
        }
      }
    } catch (error) {
      if (startRevision !== 0n || !(isCompactedError(error) || isClusterChangedError(error))) throw error;
      // In another cluster the same revision may be that of another value.
      if (isClusterChangedError(error)) for (const id of known.keys()) known.set(id, -1n);
      next = 0n;
    }
  }
}

/** Yields what differs from what is known, and returns the revision at which that is so. */
async function* listed(source: EtcdClient, { prefix, signal }: MirrorSource, known: Known): AsyncGenerator<MirrorBatch, bigint, undefined> {
  const gone = new Set(known.keys());
  let revision = 0n;
  let after: Buffer | undefined;
  for (;;) {
    const range = after === undefined ? { key: prefix, prefix: true } : { key: after, rangeEnd: rangeEndOf(prefix) };
    const { key, ...rest } = range;
    const { kvs, more, header } = await source.kv.get(key, { ...rest, revision, limit: PAGE_SIZE, signal });
    if (revision === 0n) revision = header.revision; // every page as of the first one
    const changed = kvs.filter((kv) => known.get(idOf(kv.key)) !== kv.modRevision);
    for (const kv of kvs) {
      known.set(idOf(kv.key), kv.modRevision);
      gone.delete(idOf(kv.key));
    }
    if (changed.length > 0) yield { writes: changed };
    const last = kvs.at(-1);
    if (!more || last === undefined) break;
    after = Buffer.concat([last.key, Buffer.from([0])]);
  }
  for (const id of gone) known.delete(id);
  yield { writes: [...gone].map((id) => ({ key: Buffer.from(id, "latin1"), value: undefined })), synced: revision };
  return revision;
}

function* byRevision(events: readonly WatchEvent[]): Generator<readonly WatchEvent[]> {
  let batch: WatchEvent[] = [];
  for (const event of events) {
    if (batch[0] !== undefined && batch[0].kv.modRevision !== event.kv.modRevision) {
      yield batch;
      batch = [];
    }
    batch.push(event);
  }
  if (batch.length > 0) yield batch;
}

/** Bytes as a key of a Map. */
function idOf(key: Buffer): string {
  return key.toString("latin1");
}

/** The first key after all that start with the prefix; 0x00, the open end, if there is none. */
function rangeEndOf(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  for (let length = bytes.length; length > 0; length--) {
    const last = bytes[length - 1] ?? 0;
    if (last < 0xff) return Buffer.concat([bytes.subarray(0, length - 1), Buffer.from([last + 1])]);
  }
  return Buffer.from([0]);
}
