import { isSame, show } from "./authentic.ts";
import type { Truth } from "./truth.ts";
import { eventsOf, inShort, type WatchRecord } from "./watch-record.ts";

/** `prevKv` is the key as it was before. It is absent if it was not asked for, if there was none, or if it may have been compacted. */
export function prevKv(record: WatchRecord, truth: Truth): string[] {
  return eventsOf(record).flatMap((event) => {
    const before = truth.at(event.kv)?.prevKv;
    if (!record.asked.prevKv) return event.prevKv === undefined ? [] : [`${inShort(event)} has a prevKv that was not asked for`];
    if (event.prevKv === undefined) {
      const mayBeCompacted = truth.compactRevision >= event.kv.modRevision - 1n;
      return before === undefined || mayBeCompacted ? [] : [`${inShort(event)} has no prevKv, and it was ${show(before)}`];
    }
    if (before === undefined) return [`${inShort(event)} has a prevKv, and the key was not there: ${show(event.prevKv)}`];
    return isSame(event.prevKv, before) ? [] : [`${inShort(event)} has a prevKv of ${show(event.prevKv)}, and it was ${show(before)}`];
  });
}
