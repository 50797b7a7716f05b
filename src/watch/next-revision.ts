import { type Int64, successor } from "../model/int64.ts";

/** What of a watch message decides from where to go on. */
export interface Advance {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly header: { readonly revision64: Int64 };
  /** The revision of the last event; 0 without events. */
  readonly lastRevision: Int64;
}

/**
 * The revision to ask for if this watch has to be created again (clientv3's nextRev). Never goes back.
 *
 * - An event moves it to its own revision + 1, never to the header's: a catch-up answer carries the store's revision while more is to
 *   come (gazette/core#336).
 * - The first `created` of a from-now watch (0) makes "now" explicit; any other `created` says nothing, whatever its header says: the
 *   watch was asked for from an older revision, or from a later one (jetcd#946, npm etcd3 to this day).
 * - A progress notice says that all up to its revision was sent (etcd-io/etcd#15248: + 1, or the last event comes twice). A watch from
 *   a revision that the store has not reached stays there (etcd-io/etcd#20221).
 * - A compaction's answer has header revision 0 and moves nothing; nor does what else comes without a revision.
 *
 * `dotnet-etcd#310` and `kragniz/python-etcd3#729` are the same bug in two more clients: going on from the original request, or from
 * the middle of a revision.
 */
export function nextRevision(current: Int64, { created, canceled, header, lastRevision }: Advance): Int64 {
  const { revision64: headerRevision } = header;
  if (lastRevision !== 0) return larger(current, successor(lastRevision));
  if (canceled || headerRevision === 0) return current;
  if (created) return current === 0 ? successor(headerRevision) : current;
  return larger(current, successor(headerRevision));
}

function larger(a: Int64, b: Int64): Int64 {
  return a > b ? a : b;
}
