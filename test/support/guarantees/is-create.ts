import type { Truth } from "./truth.ts";
import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/** `isCreate` is true if and only if the key was not there before. */
export function isCreate(record: WatchRecord, truth: Truth): string[] {
  return eventsOf(record).flatMap((event) => {
    const really = truth.at(event.kv);
    if (really === undefined) return []; // another property's matter
    const wasCreated = really.type === "put" && really.prevKv === undefined;
    return event.isCreate === wasCreated
      ? []
      : [`${inShort(event)} says isCreate ${event.isCreate}, and the key was ${wasCreated ? "not " : ""}there`];
  });
}
