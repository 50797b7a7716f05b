import type { Truth } from "./truth.ts";
import { eventsOf, firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/**
 * In each turn of the loop, `resumeRevision` has not gone back, is above every event that was delivered, and everything that matches
 * below it was delivered by then: a new watch from there would lose nothing and see nothing twice.
 */
export function resumeRevision(record: WatchRecord, truth: Truth): string[] {
  const due = truth.matching(record.asked, firstRevision(record) ?? 0n, truth.lastRevision + 1n);
  const violations: string[] = [];
  let [before, delivered, lastEvent] = [0n, 0, -1n];
  const turns = [...record.responses, { events: [], resumeRevision: record.resumeRevision }];
  for (const { events, resumeRevision } of turns) {
    delivered += events.length;
    lastEvent = events.at(-1)?.kv.modRevision ?? lastEvent;
    if (resumeRevision < before) violations.push(`resumeRevision went back from ${before} to ${resumeRevision}`);
    if (resumeRevision <= lastEvent) violations.push(`resumeRevision is ${resumeRevision}, and ${lastEvent} was delivered`);
    const next = due[delivered];
    if (next !== undefined && next.kv.modRevision < resumeRevision)
      violations.push(`resumeRevision is ${resumeRevision} after ${delivered} events, and ${inShort(next)} was not delivered`);
    before = resumeRevision;
  }
  return eventsOf(record).length > due.length ? [...violations, `${delivered} events came, and ${due.length} are due at most`] : violations;
}
