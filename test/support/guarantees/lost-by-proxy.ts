import { spokenFor } from "./spoken-for.ts";
import type { TrueEvent, Truth } from "./truth.ts";
import { eventsOf, firstRevision, type WatchRecord, type WireServerWatch } from "./watch-record.ts";

/** A watch that was silent for so long about what had been written before, while its call was heard of, would not have told of it. */
const SILENT_MS = 5_000;

/**
 * What a proxy between a watch and etcd has lost: the events that were due and not delivered of which the wire proves that they were never
 * sent. None of them came on any server watch that the client had, and there was one that had to bring it: it was asked to begin at or
 * before the event, and then sent what is beyond it, or was silent although the event had been written long before and other messages came
 * over the same call. Whatever this does not say is the client's fault.
 */
export function lostByProxy(record: WatchRecord, truth: Truth): TrueEvent[] {
  const start = firstRevision(record);
  const serverWatches = record.wire?.serverWatches;
  if (start === undefined || serverWatches === undefined) return [];
  const { dueRevision, dueSinceMs } = record;
  const until = dueRevision !== undefined && dueRevision + 1n > spokenFor(record) ? dueRevision + 1n : spokenFor(record);
  const given = new Set(eventsOf(record).map(({ kv }) => `${kv.modRevision}/${kv.key}`));
  const missing = truth.matching(record.asked, start, until).filter(({ kv }) => !given.has(`${kv.modRevision}/${kv.key}`));
  if (missing.length === 0) return [];
  const came = new Set(serverWatches.flatMap(({ revisions, keys }) => revisions.map((revision, index) => `${revision}/${keys[index]}`)));
  const reaches = serverWatches.map(({ revisions, noticeRevision }) => {
    return revisions.reduce((most, revision) => Math.max(most, revision), Number(noticeRevision));
  });
  return missing.filter(({ kv }) => {
    if (came.has(`${kv.modRevision}/${kv.key}`)) return false;
    return serverWatches.some((watch, index) => {
      if (beginOf(watch) > kv.modRevision) return false;
      if ((reaches[index] ?? 0) > kv.modRevision) return true;
      const isDue = dueRevision !== undefined && dueSinceMs !== undefined && kv.modRevision <= dueRevision;
      return isDue && watch.heardUntilMs - Math.max(watch.sinceMs, dueSinceMs) >= SILENT_MS;
    });
  });
}

/** The first revision that it was to bring. */
function beginOf({ startRevision, createdRevision }: WireServerWatch): bigint {
  return startRevision === 0n ? createdRevision + 1n : startRevision;
}
