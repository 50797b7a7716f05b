import type { WatchMessage } from "../codec/watch-message.ts";
import type { Revision } from "../model/revision.ts";

/** The last that 64 bits can hold: a watch could not go on after it. */
const LAST_REVISION: Revision = 2n ** 63n - 1n;

/** What is wrong with a message that could be decoded; undefined if nothing is. It concerns the watch that it is for, and no other. */
export function messageFault({ fault, header, lastRevision }: WatchMessage): string | undefined {
  if (fault !== undefined) return fault;
  const isPossible = header.revision >= 0n && header.revision < LAST_REVISION && lastRevision < LAST_REVISION;
  return isPossible
    ? undefined
    : `A watch response came with revision ${String(lastRevision)} and header revision ${String(header.revision)}`;
}
