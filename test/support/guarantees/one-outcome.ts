import type { Truth } from "./truth.ts";
import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/**
 * A watch ends once, and nothing comes after that: quietly if its user ended it, else with a compaction that really ran past it, having
 * delivered exactly what was before the revision that it wanted. `created` has come to something by then.
 */
export function oneOutcome(record: WatchRecord, truth: Truth): string[] {
  const { endings, endedByUser, afterEnd, created } = record;
  const violations: string[] = [];
  const [ending] = endings;
  if (ending === undefined || endings.length > 1) return [`it ended ${endings.length} times`];
  if (afterEnd > 0) violations.push(`${afterEnd} responses came after its end`);
  if (created === undefined) violations.push("created was neither fulfilled nor rejected");
  switch (ending.kind) {
    case "quiet":
      if (!endedByUser) violations.push("it ended quietly, and its user had not ended it");
      break;
    case "error":
      violations.push(`it ended with ${ending.error}`);
      break;
    case "compacted": {
      const { requestedRevision, compactRevision } = ending;
      const after = eventsOf(record).find(({ kv }) => kv.modRevision >= requestedRevision);
      if (after !== undefined) violations.push(`${requestedRevision} is said to be gone, and ${inShort(after)} was delivered`);
      if (compactRevision === undefined) violations.push("the compaction that ended it has no revision");
      else if (requestedRevision >= compactRevision)
        violations.push(`${requestedRevision} is said to be gone by a compaction at ${compactRevision}`);
      if ((compactRevision ?? 0n) > truth.compactRevision)
        violations.push(`it ended over a compaction at ${compactRevision}, which nobody made`);
    }
  }
  return violations;
}
