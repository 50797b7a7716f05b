import { spokenFor } from "./spoken-for.ts";
import { firstRevision, type WatchRecord, type WireServerWatch } from "./watch-record.ts";

interface OnTheWire {
  readonly revision: number;
  readonly key: string;
}

const id = ({ revision, key }: OnTheWire): string => `${revision}/${key}`;

/**
 * What came over the wire for a watch was delivered to its reader, once, and in that order, and nothing else was. Not owed to a reader is
 * what is before his first revision, or beyond the last that his watch has spoken for: one that he ended drops what it holds, a parked one
 * gives up what comes until it is created again, a split answer may never be completed. What comes again after a reconnect counts once.
 */
export function wireDelivered(record: WatchRecord): string[] {
  const { wire, responses, dueRevision } = record;
  const start = firstRevision(record);
  if (wire?.serverWatches === undefined || start === undefined) return [];
  const until = dueRevision !== undefined && dueRevision + 1n > spokenFor(record) ? dueRevision + 1n : spokenFor(record);
  const came = inOrder(wire.serverWatches, Number(start), Number(until));
  const given = responses.flatMap(({ events }) => events.map(({ kv }) => ({ revision: Number(kv.modRevision), key: kv.key })));
  const [cameIds, givenIds] = [new Set(came.map(id)), new Set(given.map(id))];
  const violations = [
    ...given.filter((each) => !cameIds.has(id(each))).map(({ revision, key }) => `${key}@${revision} was delivered, and never came`),
    ...came.filter((each) => !givenIds.has(id(each))).map(({ revision, key }) => `${key}@${revision} came, and was not delivered`),
  ];
  if (violations.length > 0) return violations;
  if (given.length > givenIds.size) return [`${given.length} events were delivered, and ${givenIds.size} came`];
  const swapped = came.findIndex((each, index) => given[index] !== undefined && id(each) !== id(given[index]));
  const [wanted, got] = [came[swapped], given[swapped]];
  return wanted === undefined || got === undefined ? [] : [`${id(got)} was delivered where ${id(wanted)} came`];
}

/** Each event that came once, by revision; within one as it came first. */
function inOrder(serverWatches: readonly WireServerWatch[], from: number, until: number): OnTheWire[] {
  const came = new Map<string, OnTheWire>();
  for (const { revisions, keys } of serverWatches) {
    for (const [index, revision] of revisions.entries()) {
      const event = { revision, key: keys[index] ?? "" };
      if (revision >= from && revision < until && !came.has(id(event))) came.set(id(event), event);
    }
  }
  return [...came.values()].sort((one, other) => one.revision - other.revision);
}
