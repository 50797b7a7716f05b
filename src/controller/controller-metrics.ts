/** How long things took, in ms. */
export interface DurationMetrics {
  /** How many. */
  readonly count: number;
  /** All together. */
  readonly sumMs: number;
  /** The longest. */
  readonly maxMs: number;
}

/** What operators expect of a controller's queue and its workers. Counts are since the start. */
export interface ControllerMetrics {
  /** Keys that wait for a worker. */
  readonly depth: number;
  /** Keys that wait for their time: retries and requeues. */
  readonly delayed: number;
  /** Runs of `reconcile` that go on now. */
  readonly running: number;
  /** How long the `reconcile` that has run longest has been at it, in ms. 0 if none runs. */
  readonly longestRunningMs: number;
  /** How long all keys that are worked on now have been, together. One that grows without end is stuck. */
  readonly unfinishedMs: number;
  /** Keys that were queued; what joined a key already queued is not counted. */
  readonly adds: number;
  /** Runs that were put off after an error, to be tried again. */
  readonly retries: number;
  /** Runs of `reconcile` that are over, by how they went. */
  readonly reconciled: Readonly<Record<ReconcileOutcome, number>>;
  /** From queued to worked on. */
  readonly queued: DurationMetrics;
  /** In `reconcile`. */
  readonly worked: DurationMetrics;
  /** Lists that were made anew, by cause, of all sources. */
  readonly relists: Readonly<Partial<Record<string, number>>>;
}

/** How a run of `reconcile` went. */
export type ReconcileOutcome = "success" | "requeueAfter" | "error" | "terminalError";

/** One duration's running figures. */
class Durations {
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  get metrics(): DurationMetrics {
    return { count: this.#count, sumMs: this.#sumMs, maxMs: this.#maxMs };
  }
}

/** What a controller counts, over all the times that it leads. */
export class ControllerFigures {
  readonly queued = new Durations();
  readonly worked = new Durations();
  readonly reconciled: Record<ReconcileOutcome, number> = { success: 0, requeueAfter: 0, error: 0, terminalError: 0 };
  adds = 0;
  retries = 0;
}
