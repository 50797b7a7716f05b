import type { StateChange, WatchStatus } from "../../index.ts";

/** What is shown of how a watch is doing. */
export type ShownStatus = Pick<WatchStatus, "state" | "endpoint" | "bufferedBytes" | "lastResponseAt" | "lag">;

/** What is known of one watch at one moment. */
export interface WatchSample {
  readonly title: string;
  readonly status: ShownStatus;
  /** Why it has ended, if it has. */
  readonly ending: string | undefined;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Events a second of the last intervals, the latest one last. */
  readonly history: readonly number[];
}

/** All that `top` shows at one moment. */
export interface TopSample {
  readonly at: Date;
  readonly runningMs: number;
  readonly state: StateChange;
  readonly watches: readonly WatchSample[];
  readonly streams: number;
  readonly reconnects: number;
  /** What happened to the connection, the latest one last. */
  readonly happenings: readonly string[];
}

/** What a sample is taken of, beside the watches. */
export interface TopMoment {
  readonly state: StateChange;
  /** Of `client.metrics()`. */
  readonly streams: number;
  readonly at: Date;
  readonly nowMs: number;
}

export interface WatchedKey {
  readonly title: string;
  readonly status: () => ShownStatus;
}

interface Tally {
  readonly watched: WatchedKey;
  events: number;
  eventsBefore: number;
  ending: string | undefined;
  readonly history: number[];
}

const HISTORY_LENGTH = 60;
const MAX_HAPPENINGS = 50;

/** Counts, and makes samples of what it counted. Knows no clock: the time of each sample is given. */
export class TopModel {
  readonly #tallies: readonly Tally[];
  readonly #startedAtMs: number;
  readonly #happenings: string[] = [];
  #connections = 0;
  #sampledAtMs: number;

  constructor(keys: readonly WatchedKey[], nowMs: number) {
    this.#tallies = keys.map((watched) => ({ watched, events: 0, eventsBefore: 0, ending: undefined, history: [] }));
    this.#startedAtMs = nowMs;
    this.#sampledAtMs = nowMs;
  }

  addEvents(index: number, count: number): void {
    const tally = this.#tallies[index];
    if (tally !== undefined) tally.events += count;
  }

  ended(index: number, why: string): void {
    const tally = this.#tallies[index];
    if (tally !== undefined) tally.ending = why;
  }

  get areAllEnded(): boolean {
    return this.#tallies.every(({ ending }) => ending !== undefined);
  }

  connectionChanged(change: StateChange, at: Date): void {
    if (change.state === "connected") this.#connections++;
    this.#happenings.push(`${clockText(at)}  ${happeningText(change)}`);
    if (this.#happenings.length > MAX_HAPPENINGS) this.#happenings.shift();
  }

  /** @param nowMs of a clock that only goes forward, the same as before */
  sample({ state, streams, at, nowMs }: TopMoment): TopSample {
    const seconds = Math.max(nowMs - this.#sampledAtMs, 1) / 1_000;
    this.#sampledAtMs = nowMs;
    const watches = this.#tallies.map((tally): WatchSample => {
      const { watched, events, eventsBefore, ending, history } = tally;
      const eventsPerSecond = (events - eventsBefore) / seconds;
      tally.eventsBefore = events;
      history.push(eventsPerSecond);
      if (history.length > HISTORY_LENGTH) history.shift();
      return { title: watched.title, status: watched.status(), ending, events, eventsPerSecond, history: [...history] };
    });
    return {
      at,
      runningMs: Math.max(nowMs - this.#startedAtMs, 0),
      state,
      watches,
      streams,
      reconnects: Math.max(this.#connections - 1, 0),
      happenings: [...this.#happenings],
    };
  }
}

export function clockText(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

function happeningText(change: StateChange): string {
  if (change.state !== "disconnected") return `${change.state} ${change.endpoint}`;
  const why = change.error === undefined ? "" : `: ${change.error.message}`;
  const retry = change.retryInMs > 0 ? `; next try in ${String(Math.round(change.retryInMs))} ms` : "";
  return `disconnected ${change.endpoint}${why}${retry}`;
}
