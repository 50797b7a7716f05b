import type { WatchRecord } from "./watch-record.ts";

/** The first revision of which the watch has said nothing yet. */
export function spokenFor({ responses, endings, endedByUser, resumeRevision }: WatchRecord): bigint {
  let until = resumeRevision;
  const upTo = (revision: bigint): void => {
    if (revision + 1n > until) until = revision + 1n;
  };
  for (const { kind, headerRevision, events } of responses) {
    if (kind === "progress") upTo(headerRevision);
    const last = events.at(-1);
    if (last !== undefined) upTo(last.kv.modRevision);
  }
  if (endedByUser) return until; // what it still held, its user did not want, and may have ended it before the compaction was told of
  for (const ending of endings) if (ending.kind === "compacted") upTo(ending.requestedRevision - 1n);
  return until;
}
