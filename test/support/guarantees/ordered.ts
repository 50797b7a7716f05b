import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/** Revisions never decrease. */
export function ordered(record: WatchRecord): string[] {
  let last = 0n;
  return eventsOf(record).flatMap((event) => {
    const before = last;
    last = event.kv.modRevision;
    return last < before ? [`${inShort(event)} came after revision ${before}`] : [];
  });
}
