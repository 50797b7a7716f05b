import type { Truth } from "./truth.ts";
import { eventsOf, firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/** When `requestProgress()` resolves with T, everything that matches up to T had been received. */
export function progressAnswers(record: WatchRecord, truth: Truth): string[] {
  const start = firstRevision(record);
  return record.progressAnswers.flatMap(({ revision, responses }) => {
    if (start === undefined) return [`requestProgress() was answered with ${revision} before the watch was created`];
    // Of a watch that its user ended, what was buffered was never read.
    if (record.responses.length < responses) return [];
    const received = eventsOf({ ...record, responses: record.responses.slice(0, responses) }).length;
    const missing = truth.matching(record.asked, start, revision + 1n)[received];
    return missing === undefined ? [] : [`requestProgress() was answered with ${revision}, and ${inShort(missing)} came later`];
  });
}
