import type { WatchMessage } from "../codec/watch-message.ts";
import type { Int64 } from "../model/int64.ts";

/** The last that 64 bits can hold: a watch could not go on after it. */
const LAST_REVISION = 2n ** 63n - 1n;

/** Whether a store can be at this revision, and go on. */
export function isPossibleRevision(revision: Int64): boolean {
  // A number is from 0 to 49 bits; to compare it with a bigint costs more than all else that is looked at here.
  return typeof revision === "number" || (revision >= 0n && revision < LAST_REVISION);
}

/** What is wrong with a message that could be decoded; undefined if nothing is. It concerns the watch that it is for, and no other. */
export function messageFault({ fault, header, lastRevision }: WatchMessage): string | undefined {
  if (fault !== undefined) return fault;
  return isPossibleRevision(header.revision64) && (typeof lastRevision === "number" || lastRevision < LAST_REVISION)
    ? undefined
    : `A watch response came with revision ${String(lastRevision)} and header revision ${String(header.revision64)}`;
}
