import { serverErrors } from "../../errors/server-errors.ts";
import type { RequestOp } from "../../gen/rpc.ts";
import { RefusedError } from "../refused-error.ts";
import { intervalHolds, keyText } from "../store/key-text.ts";
import type { KeyInterval, KeyText } from "../store/key-text.ts";

/** The keys that a list of operations puts, and the intervals that it deletes, nested ones included. */
interface Touched {
  readonly puts: Set<KeyText>;
  readonly deletes: KeyInterval[];
}

/**
 * Refuses operations that put a key twice, or put one that a delete beside them covers. Deletes of nested transactions join only after
 * the puts nested before them were looked at, so that `txn{put k}, txn{delete k}` passes and the other order does not, as in etcd.
 * @throws {RefusedError}
 */
export function checkOverlap(ops: readonly RequestOp[]): Touched {
  const puts = new Set<KeyText>();
  const deletes = ops.flatMap(({ request }) => (request?.$case === "requestDeleteRange" ? [deletedInterval(request.value)] : []));
  for (const { request } of ops) {
    if (request?.$case !== "requestTxn") continue;
    const then = checkOverlap(request.value.success);
    const otherwise = checkOverlap(request.value.failure);
    for (const key of then.puts) add(key, puts, deletes);
    for (const key of otherwise.puts) {
      // Only one of the two branches runs, so that both may put the key.
      if (then.puts.has(key)) refuseDeleted(key, deletes);
      else add(key, puts, deletes);
    }
    deletes.push(...then.deletes, ...otherwise.deletes);
  }
  for (const { request } of ops) {
    if (request?.$case === "requestPut") add(keyText(request.value.key), puts, deletes);
  }
  return { puts, deletes };
}

function add(key: KeyText, puts: Set<KeyText>, deletes: readonly KeyInterval[]): void {
  if (puts.has(key)) throw new RefusedError(serverErrors.duplicateKey);
  refuseDeleted(key, deletes);
  puts.add(key);
}

function refuseDeleted(key: KeyText, deletes: readonly KeyInterval[]): void {
  if (deletes.some((interval) => intervalHolds(interval, key))) throw new RefusedError(serverErrors.duplicateKey);
}

function deletedInterval({ key, rangeEnd }: { key: Uint8Array; rangeEnd: Uint8Array }): KeyInterval {
  const begin = keyText(key);
  // etcd does not read 0x00 as the open end here: such a delete overlaps nothing.
  return { begin, end: rangeEnd.length === 0 ? `${begin}\0` : keyText(rangeEnd) };
}
