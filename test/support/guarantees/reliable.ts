import type { Truth } from "./truth.ts";
import { spokenFor } from "./spoken-for.ts";
import { eventsOf, firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/**
 * Everything that matches is delivered, in the truth's order, from the start up to the last revision that the watch has spoken for: by an
 * event, a notice, its `resumeRevision`, or the revision that it wanted when it was told of a compaction.
 */
export function reliable(record: WatchRecord, truth: Truth): string[] {
  const start = firstRevision(record);
  if (start === undefined) return [];
  const delivered = eventsOf(record);
  const due = truth.matching(record.asked, start, spokenFor(record));
  const violations: string[] = [];
  const given = new Set(delivered.map(({ kv }) => `${kv.modRevision}/${kv.key}`));
  const lost = due.filter(({ kv }) => !given.has(`${kv.modRevision}/${kv.key}`));
  for (const event of lost) violations.push(`${inShort(event)} was lost`);
  if (lost.length > 0) return violations;
  const swapped = due.findIndex(
    ({ kv }, index) => delivered[index]?.kv.key !== kv.key || delivered[index].kv.modRevision !== kv.modRevision,
  );
  const [wanted, got] = [due[swapped], delivered[swapped]];
  if (wanted !== undefined && got !== undefined) violations.push(`${inShort(got)} came where ${inShort(wanted)} was due`);
  return violations;
}
