import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/** No key of a revision is delivered twice. */
export function unique(record: WatchRecord): string[] {
  const seen = new Set<string>();
  return eventsOf(record).flatMap((event) => {
    const id = `${event.kv.modRevision}/${event.kv.key}`;
    if (seen.has(id)) return [`${inShort(event)} was delivered twice`];
    seen.add(id);
    return [];
  });
}
