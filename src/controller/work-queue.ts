import PQueue from "p-queue";
import type { Clock, Timer } from "../util/clock.ts";
import { Deque } from "../util/deque.ts";

/** What comes before what: a change that somebody has just made, before the first list and resyncs, which are many. */
export type WorkPriority = "live" | "background";

const PRIORITIES: Readonly<Record<WorkPriority, number>> = { live: 1, background: 0 };

export interface WorkQueueOptions {
  readonly concurrency: number;
  readonly clock: Clock;
  /** Works on a key. It must not reject. */
  readonly work: (key: string, info: { readonly queuedMs: number; readonly priority: WorkPriority }) => Promise<void>;
  /** A key was queued, and did not join an earlier add of it. */
  readonly onAdd?: () => void;
}

/** A key that is to be worked on. */
interface Dirty {
  readonly key: string;
  readonly sinceMs: number;
  priority: WorkPriority;
}

/**
 * Keys that are to be worked on, a key once at a time. (client-go: util/workqueue/queue.go and delaying_queue.go.)
 *
 *                 add                    a worker is free
 *   (nowhere) ───────────► dirty, queued ───────────────► processing ── done ──► (nowhere)
 *       │                      ▲                              │  add
 *       └─ add after ─► delayed┘ its time has come            └──────► dirty, processing ── done ──► dirty, queued
 *
 * Many adds of one key are one. One that comes while the key is worked on makes it run once more afterwards. Of two delays the earlier
 * one counts, and an add without delay takes the delayed one's place.
 * What is to run again anyway takes no delay.
 */
export class WorkQueue {
  readonly #queue: PQueue;
  readonly #clock: Clock;
  readonly #work: WorkQueueOptions["work"];
  readonly #onAdd: () => void;
  /** Keys to work on. Those that are being processed wait here for their second turn. */
  readonly #dirty = new Map<string, Dirty>();
  /**
   * Who is next. p-queue has a place for each, and no names: it looks for a place among all that wait when one is to come first, and for
   * one that is lifted through all of them, which took a millisecond with 100,000 waiting. One that was lifted stands in both.
   */
  readonly #next: Readonly<Record<WorkPriority, Deque<Dirty>>> = { live: new Deque(), background: new Deque() };
  /** Keys that are worked on, since when. */
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly atMs: number; readonly timer: Timer; readonly priority: WorkPriority }>();
  #isStopped = false;

  constructor({ concurrency, clock, work, onAdd = () => undefined }: WorkQueueOptions) {
    this.#queue = new PQueue({ concurrency });
    this.#clock = clock;
    this.#work = work;
    this.#onAdd = onAdd;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#queue.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys that are worked on now. */
  get running(): number {
    return this.#processing.size;
  }

  /** How long the key that is worked on longest has been, in ms. */
  get longestRunningMs(): number {
    let sinceMs = this.#clock.nowMs();
    for (const startedMs of this.#processing.values()) sinceMs = Math.min(sinceMs, startedMs);
    return this.#clock.nowMs() - sinceMs;
  }

  /** How long all keys that are worked on now have been, together, in ms. */
  get unfinishedMs(): number {
    const nowMs = this.#clock.nowMs();
    let sumMs = 0;
    for (const startedMs of this.#processing.values()) sumMs += nowMs - startedMs;
    return sumMs;
  }

  add(key: string, priority: WorkPriority = "live"): void {
    if (this.#isStopped) return;
    const delayed = this.#cancelDelay(key);
    this.#add(key, delayed === undefined ? priority : higher(priority, delayed.priority));
  }

  /** Adds a key after a while, unless it is to come sooner anyway. Of two priorities the higher one counts. */
  addAfter(key: string, delayMs: number, priority: WorkPriority = "live"): void {
    if (this.#isStopped) return;
    if (!(delayMs > 0)) {
      this.add(key, priority);
      return;
    }
    const dirty = this.#dirty.get(key);
    if (dirty !== undefined) {
      this.#lift(dirty, priority);
      return;
    }
    const atMs = this.#clock.nowMs() + delayMs;
    const earlier = this.#cancelDelay(key);
    if (earlier === undefined) this.#delay(key, atMs, priority);
    else this.#delay(key, Math.min(atMs, earlier.atMs), higher(priority, earlier.priority));
  }

  /** Takes no more keys and forgets those that wait. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#dirty.clear();
    for (const next of Object.values(this.#next)) next.clear();
    this.#queue.clear();
    await this.#queue.onIdle();
  }

  #push(dirty: Dirty): void {
    this.#next[dirty.priority].push(dirty);
    void this.#queue.add(this.#processNext);
  }

  readonly #processNext = (): Promise<void> => {
    const dirty = this.#take("live") ?? this.#take("background");
    return dirty === undefined ? Promise.resolve() : this.#process(dirty);
  };

  #take(priority: WorkPriority): Dirty | undefined {
    for (let dirty = this.#next[priority].shift(); dirty !== undefined; dirty = this.#next[priority].shift())
      if (this.#dirty.get(dirty.key) === dirty && !this.#processing.has(dirty.key)) return dirty;
    return undefined;
  }

  async #process({ key, sinceMs, priority }: Dirty): Promise<void> {
    const nowMs = this.#clock.nowMs();
    this.#dirty.delete(key);
    this.#processing.set(key, nowMs);
    try {
      await this.#work(key, { queuedMs: nowMs - sinceMs, priority });
    } finally {
      this.#processing.delete(key);
      const again = this.#dirty.get(key);
      if (again !== undefined) this.#push(again);
    }
  }

  #add(key: string, priority: WorkPriority): void {
    const waiting = this.#dirty.get(key);
    if (waiting !== undefined) {
      this.#lift(waiting, priority);
      return;
    }
    this.#onAdd();
    const dirty = { key, sinceMs: this.#clock.nowMs(), priority };
    this.#dirty.set(key, dirty);
    if (!this.#processing.has(key)) this.#push(dirty);
  }

  #lift(dirty: Dirty, priority: WorkPriority): void {
    if (higher(priority, dirty.priority) === dirty.priority) return;
    dirty.priority = priority;
    if (!this.#processing.has(dirty.key)) this.#next[priority].push(dirty); // its place in p-queue stays
  }

  #delay(key: string, atMs: number, priority: WorkPriority): void {
    const timer = this.#clock.setTimer(atMs - this.#clock.nowMs(), () => {
      if (this.#clock.nowMs() < atMs) {
        this.#delay(key, atMs, priority); // a timer is capped at 24 days
        return;
      }
      this.#delayed.delete(key);
      this.#add(key, priority);
    });
    this.#delayed.set(key, { atMs, timer, priority });
  }

  #cancelDelay(key: string): { readonly atMs: number; readonly priority: WorkPriority } | undefined {
    const delayed = this.#delayed.get(key);
    delayed?.timer.cancel();
    this.#delayed.delete(key);
    return delayed;
  }
}

function higher(one: WorkPriority, other: WorkPriority): WorkPriority {
  return PRIORITIES[one] >= PRIORITIES[other] ? one : other;
}
