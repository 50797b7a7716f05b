import { atomic } from "./atomic.ts";
import { authentic } from "./authentic.ts";
import { bookmarkable } from "./bookmarkable.ts";
import { filter } from "./filter.ts";
import { isCreate } from "./is-create.ts";
import { live } from "./live.ts";
import { oneOutcome } from "./one-outcome.ts";
import { oneServerWatch } from "./one-server-watch.ts";
import { ordered } from "./ordered.ts";
import { prevKv } from "./prev-kv.ts";
import { progressAnswers } from "./progress-answers.ts";
import { reliable } from "./reliable.ts";
import { resumable } from "./resumable.ts";
import { resumeRevision } from "./resume-revision.ts";
import type { Truth } from "./truth.ts";
import { unique } from "./unique.ts";
import type { WatchRecord } from "./watch-record.ts";
import { wireCreates } from "./wire-creates.ts";
import { wireDelivered } from "./wire-delivered.ts";

/** Each looks at one watch and the truth, and says what is wrong, or nothing. */
const guarantees = {
  ...{ filter, ordered, unique, atomic, authentic, bookmarkable, resumable, reliable, isCreate, prevKv },
  ...{ resumeRevision, progressAnswers, wireCreates, wireDelivered, oneServerWatch, oneOutcome, live },
} satisfies Record<string, (record: WatchRecord, truth: Truth) => string[]>;

export type GuaranteeName = keyof typeof guarantees;

export interface Violation {
  readonly guarantee: GuaranteeName | "nothingLeft" | "truth";
  /** The watch's name, or where else it was seen. */
  readonly where: string;
  readonly what: string;
}

/** Everything that is wrong with a watch. */
export function checkRecord(record: WatchRecord, truth: Truth): Violation[] {
  return Object.entries(guarantees).flatMap(([guarantee, check]) =>
    check(record, truth).map((what) => ({ guarantee: guarantee as GuaranteeName, where: record.name, what })),
  );
}
