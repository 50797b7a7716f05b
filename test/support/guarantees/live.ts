import type { Truth } from "./truth.ts";
import { eventsOf, firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/** Once the faults are over, everything that was written arrives. */
export function live(record: WatchRecord, truth: Truth): string[] {
  if (record.dueRevision === undefined) return [];
  const start = firstRevision(record);
  if (start === undefined) return [`it was still not created when everything up to ${record.dueRevision} was due`];
  const missing = truth.matching(record.asked, start, record.dueRevision + 1n)[eventsOf(record).length];
  return missing === undefined ? [] : [`${inShort(missing)} was due, and did not come in time`];
}
