import { isAskedFor } from "./truth.ts";
import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/** Every event is of the range, and of a type that is not filtered out. */
export function filter(record: WatchRecord): string[] {
  return eventsOf(record)
    .filter((event) => !isAskedFor(record.asked, event.type, Buffer.from(event.kv.key, "latin1")))
    .map((event) => `${inShort(event)} was not asked for`);
}
