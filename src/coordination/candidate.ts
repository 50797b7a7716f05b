import type { TxnComparison } from "../client/compare.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import type { Revision } from "../model/revision.ts";
import type { CoordinationSettings } from "./coordination-options.ts";
import type { Session } from "./session.ts";
import { type Incarnation, untilGone } from "./until-gone.ts";

/** A key that hangs on a session's lease. */
export interface OwnKey extends Incarnation {
  readonly key: Buffer;
  /** A revision at which it was there. */
  readonly seenAt: Revision;
}

/** The key below a prefix that is a session's own: by its lease, in hex, as Go's concurrency package names it. */
export function ownKeyName(prefix: Buffer, { leaseId }: Session): Buffer {
  return Buffer.concat([prefix, Buffer.from(leaseId.toString(16))]);
}

/** Holds as long as the key is the one that was created then. */
export function fenceOf({ key, createRevision }: Incarnation): TxnComparison {
  return { key, target: "create", result: "=", value: createRevision };
}

/**
 * Creates the session's key. May be called again when the answer got lost: it is created once.
 * @throws what a transaction throws
 */
export async function createOwnKey(
  client: EtcdClient,
  session: Session,
  { key, value, signal }: { readonly key: Buffer; readonly value: Buffer; readonly signal: AbortSignal },
): Promise<OwnKey> {
  const answer = await client.kv.txn(
    {
      compare: [{ key, target: "create", result: "=", value: 0n }],
      success: [{ put: { key, value, lease: session.leaseId } }],
      failure: [{ get: { key } }],
    },
    { signal },
  );
  const { revision } = answer.header;
  const found = answer.succeeded ? undefined : answer.responses[0].kvs[0];
  return { key, createRevision: found?.createRevision ?? revision, seenAt: revision };
}

/** The candidate's own key went away while it stood. */
export class KeyLostError extends Error {
  override readonly name = "KeyLostError";

  constructor(key: Buffer) {
    super(`The key ${JSON.stringify(key.toString())} was deleted, by which this process took part`);
  }
}

/**
 * Resolves when no candidate is left that came before: then this one leads. Each watches but the one just before it, so that an end
 * wakes one candidate and not all of them. (etcd: client/v3/concurrency/key.go.)
 * @returns its own key, as it was seen then
 * @throws {KeyLostError} if its own key is gone; the signal's reason; why a read or a watch failed
 */
export async function untilFirst(
  client: EtcdClient,
  own: OwnKey,
  { prefix, signal }: Pick<CoordinationSettings, "prefix"> & { readonly signal: AbortSignal },
): Promise<OwnKey> {
  for (;;) {
    const { kvs, header } = await client.kv.get(prefix, {
      prefix: true,
      maxCreateRevision: own.createRevision,
      sort: { by: "create", order: "descend" },
      limit: 2,
      keysOnly: true,
      signal,
    });
    const [last, before] = kvs;
    if (last?.createRevision !== own.createRevision) throw new KeyLostError(own.key);
    if (before === undefined) return { ...own, seenAt: header.revision };
    await untilGone(client, before, { revision: header.revision, signal });
  }
}
