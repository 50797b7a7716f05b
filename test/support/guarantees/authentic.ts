import type { Truth } from "./truth.ts";
import { eventsOf, inShort, type RecordedKv, type WatchRecord } from "./watch-record.ts";

/** Every event happened, and is what happened: type, value, revisions, version and lease. */
export function authentic(record: WatchRecord, truth: Truth): string[] {
  return eventsOf(record).flatMap((event) => {
    const really = truth.at(event.kv);
    if (really === undefined) return [`${inShort(event)} never happened`];
    if (really.type !== event.type) return [`${inShort(event)} was a ${really.type}`];
    return isSame(event.kv, really.kv) ? [] : [`${inShort(event)} is not what was written: ${show(event.kv)}, and not ${show(really.kv)}`];
  });
}

/** Whether two are the same to the byte. */
export function isSame(one: RecordedKv, other: RecordedKv): boolean {
  const sameRevisions = one.createRevision === other.createRevision && one.modRevision === other.modRevision;
  return one.key === other.key && one.value === other.value && sameRevisions && one.version === other.version && one.lease === other.lease;
}

const SHOWN_CHARACTERS = 30;

/** A key as it stands, for messages. */
export function show({ value, createRevision, modRevision, version, lease }: RecordedKv): string {
  const text = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}… of ${value.length} bytes` : value;
  return `${JSON.stringify(text)} created ${createRevision} modified ${modRevision} version ${version} lease ${lease}`;
}
