import type { KeyRange } from "../../../src/model/key-range.ts";

/** A key with its value, bytes as latin1 text, so that equal bytes are equal strings. */
export interface RecordedKv {
  readonly key: string;
  readonly value: string;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly lease: bigint;
}

export interface RecordedEvent {
  readonly type: "put" | "delete";
  readonly kv: RecordedKv;
  readonly prevKv: RecordedKv | undefined;
  readonly isCreate: boolean;
}

/** One turn of the reader's loop. */
export interface RecordedResponse {
  readonly kind: "created" | "progress" | "events";
  readonly headerRevision: bigint;
  readonly events: readonly RecordedEvent[];
  /** The watch's `resumeRevision` in that turn. */
  readonly resumeRevision: bigint;
}

/** What the user asked for. */
export interface WatchAsked {
  readonly range: KeyRange;
  /** 0 for "from now". */
  readonly startRevision: bigint;
  readonly filters: readonly ("noput" | "nodelete")[];
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly createdNotify: boolean;
}

/** A create request that went over the wire for this watch. */
export interface WireCreate {
  readonly startRevision: bigint;
  /** The last revision of an event that the reader had been given by then. */
  readonly deliveredBefore: bigint;
  /** The highest revision that the server had told of by then, by an event or a notice for this watch. */
  readonly receivedBefore: bigint;
}

/** A watch that the server had for it, from its `created` until the client gave it up, or it or its call was ended. */
export interface WireServerWatch {
  /** What its create asked for; 0 for "from now". */
  readonly startRevision: bigint;
  /** The revision of the `created`. A proxy may have made it up. */
  readonly createdRevision: bigint;
  /** Revision and key of each event that came for it, in that order; keys as latin1. Side by side, as there are many. */
  readonly revisions: readonly number[];
  readonly keys: readonly string[];
  /** The highest revision of a notice that came for it; 0 for none. */
  readonly noticeRevision: bigint;
  /** When its `created` came, in ms of `performance.now()`. */
  readonly sinceMs: number;
  /** When the last message of any kind came over its call while it lived: until then it would have been heard. */
  readonly heardUntilMs: number;
}

/** What a tap on the wire saw of this watch. */
export interface WireRecord {
  readonly creates: readonly WireCreate[];
  /** Oldest first. Absent if there was too much to keep all of it. */
  readonly serverWatches?: readonly WireServerWatch[] | undefined;
  /** What came for it, in short: to tell what was lost on the way from what was lost here. */
  readonly messages?: readonly string[];
  /** The most server watches that it had at a time. */
  readonly mostLive: number;
}

export type Ending =
  | { readonly kind: "quiet" }
  | { readonly kind: "compacted"; readonly requestedRevision: bigint; readonly compactRevision: bigint | undefined }
  | { readonly kind: "error"; readonly error: string };

/** An answered `requestProgress()`. */
export interface ProgressAnswer {
  readonly revision: bigint;
  /** How many responses were read, in the reader's hand, or ahead in the buffer when it came. */
  readonly responses: number;
}

/** All that became of one watch, from `watch()` to its end. */
export interface WatchRecord {
  readonly name: string;
  readonly asked: WatchAsked;
  /** Where `created` came to: the revision, a rejection, or neither. */
  readonly created: { readonly revision: bigint } | { readonly rejected: string } | undefined;
  readonly responses: readonly RecordedResponse[];
  readonly progressAnswers: readonly ProgressAnswer[];
  /** How its loop ended. One, once the run is over. */
  readonly endings: readonly Ending[];
  /** Whether its user ended it. */
  readonly endedByUser: boolean;
  /** Responses that came after its end. */
  readonly afterEnd: number;
  /** `resumeRevision` at the end. */
  readonly resumeRevision: bigint;
  /** The revision up to which it had to deliver everything: the faults were over, and time enough was given. */
  readonly dueRevision: bigint | undefined;
  /** Since when all of that had been written and no fault was at work, in ms of `performance.now()`. */
  readonly dueSinceMs?: number | undefined;
  readonly wire: WireRecord | undefined;
}

/** The first revision that the user is to see; undefined while nobody knows. */
export function firstRevision({ asked, created }: WatchRecord): bigint | undefined {
  if (asked.startRevision !== 0n) return asked.startRevision;
  return created !== undefined && "revision" in created ? created.revision + 1n : undefined;
}

export function eventsOf({ responses }: WatchRecord): RecordedEvent[] {
  return responses.flatMap(({ events }) => events);
}

/** "put a@7", for messages. */
export function inShort({ type, kv }: Pick<RecordedEvent, "type"> & { readonly kv: Pick<RecordedKv, "key" | "modRevision"> }): string {
  return `${type} ${kv.key}@${kv.modRevision}`;
}
