import { firstRevision, inShort, type WatchRecord } from "./watch-record.ts";

/** After a notice of revision p no event at or below p comes; notices never go back, and are not below what was delivered before. */
export function bookmarkable(record: WatchRecord): string[] {
  const violations: string[] = [];
  const start = firstRevision(record) ?? 0n;
  let notice = 0n;
  let lastEvent = 0n;
  for (const { kind, headerRevision, events } of record.responses) {
    for (const event of events) {
      if (event.kv.modRevision <= notice) violations.push(`${inShort(event)} came after a notice of revision ${notice}`);
      lastEvent = event.kv.modRevision;
    }
    if (kind !== "progress") continue;
    if (headerRevision < notice) violations.push(`a notice of revision ${headerRevision} came after one of ${notice}`);
    if (headerRevision < lastEvent) violations.push(`a notice of revision ${headerRevision} came after an event of ${lastEvent}`);
    if (headerRevision >= start) notice = headerRevision; // one below the start says nothing of what is to come
  }
  return violations;
}
