import { Truth } from "../../support/guarantees/truth.ts";
import type {
  RecordedEvent,
  RecordedKv,
  RecordedResponse,
  WatchRecord,
  WireRecord,
  WireServerWatch,
} from "../../support/guarantees/watch-record.ts";

export function kv(key: string, modRevision: bigint, fields: Partial<RecordedKv> = {}): RecordedKv {
  return { key, value: `${key}@${modRevision}`, createRevision: modRevision, modRevision, version: 1n, lease: 0n, ...fields };
}

export const tombstone = (key: string, modRevision: bigint): RecordedKv =>
  kv(key, modRevision, { value: "", createRevision: 0n, version: 0n });

/** At 4, a key is written again; at 5, two at once; at 6, a delete; at 7, a create after it; b is out of the range. */
export const changes = [
  { type: "put", kv: kv("a/1", 2n) },
  { type: "put", kv: kv("b", 3n) },
  { type: "put", kv: kv("a/1", 4n, { createRevision: 2n, version: 2n }) },
  { type: "put", kv: kv("a/2", 5n) },
  { type: "put", kv: kv("a/3", 5n) },
  { type: "delete", kv: tombstone("a/1", 6n) },
  { type: "put", kv: kv("a/1", 7n) },
] as const;
export const truth = new Truth(changes);

/** The event of that revision and key as a faultless watch with `prevKv` delivers it. */
export function event(revision: bigint, key = "a/1"): RecordedEvent {
  const really = truth.at({ key, modRevision: revision });
  if (really === undefined) throw new Error(`there is no ${key}@${revision}`);
  const { type, kv, prevKv } = really;
  return { type, kv, prevKv, isCreate: type === "put" && prevKv === undefined };
}

export const answer = (...events: RecordedEvent[]): RecordedResponse => {
  const headerRevision = events.at(-1)?.kv.modRevision ?? 0n;
  return { kind: "events", headerRevision, events, resumeRevision: headerRevision + 1n };
};
export const notice = (headerRevision: bigint, resumeRevision = headerRevision + 1n): RecordedResponse => {
  return { kind: "progress", headerRevision, events: [], resumeRevision };
};

export const pair = answer(event(5n, "a/2"), event(5n, "a/3"));
export const all = [answer(event(2n)), notice(3n), answer(event(4n)), pair, answer(event(6n), event(7n))];

export const good: WatchRecord = {
  name: "a/, from 1",
  asked: {
    range: { key: Buffer.from("a/"), rangeEnd: Buffer.from("a0") },
    startRevision: 1n,
    filters: [],
    prevKv: true,
    progressNotify: true,
    createdNotify: false,
  },
  created: { revision: 1n },
  responses: all,
  progressAnswers: [{ revision: 7n, responses: 5 }],
  endings: [{ kind: "quiet" }],
  endedByUser: true,
  afterEnd: 0,
  resumeRevision: 8n,
  dueRevision: 7n,
  wire: {
    creates: [
      { startRevision: 1n, deliveredBefore: 0n, receivedBefore: 0n },
      { startRevision: 6n, deliveredBefore: 5n, receivedBefore: 5n },
    ],
    mostLive: 1,
  },
};

/** The good record with these fields, and with what goes with fewer responses left to be as it should. */
export function record(fields: Partial<WatchRecord>): WatchRecord {
  const { responses = all } = fields;
  const resumeRevision = responses.at(-1)?.resumeRevision ?? good.asked.startRevision;
  const isWhole = fields.responses === undefined;
  return { ...good, resumeRevision, dueRevision: isWhole ? 7n : undefined, progressAnswers: [], ...fields };
}

/** A watch that the server had: what came for it, as "7 a/1". */
export function serverWatch(startRevision: bigint, came: readonly string[], fields: Partial<WireServerWatch> = {}): WireServerWatch {
  const events = came.map((each) => each.split(" "));
  return {
    startRevision,
    createdRevision: startRevision,
    revisions: events.map(([revision]) => Number(revision)),
    keys: events.map(([, key = ""]) => key),
    noticeRevision: 0n,
    sinceMs: 0,
    heardUntilMs: 0,
    ...fields,
  };
}

/** The wire of the good record, with these server watches. */
export function wire(...serverWatches: WireServerWatch[]): WireRecord {
  return { creates: [], mostLive: 1, serverWatches };
}
