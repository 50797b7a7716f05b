import type { Truth } from "./truth.ts";
import { eventsOf, firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/** The first event is the first matching one from the start revision on. */
export function resumable(record: WatchRecord, truth: Truth): string[] {
  const [first] = eventsOf(record);
  if (first === undefined) return [];
  const start = firstRevision(record);
  if (start === undefined) return [`${inShort(first)} came, and the watch was never created`];
  if (first.kv.modRevision < start) return [`${inShort(first)} is before the start revision ${start}`];
  const [skipped] = truth.matching(record.asked, start, first.kv.modRevision);
  return skipped === undefined ? [] : [`${inShort(first)} came first from ${start} on, and ${inShort(skipped)} was due before it`];
}
