import type { Informer } from "../cache/informer.ts";
import { type Clock, sleep } from "../util/clock.ts";
import { firstAborted } from "../util/abort.ts";
import { identityOf } from "../util/identity.ts";
import { showValue } from "../util/option-check.ts";
import type { ControllerFigures, ControllerMetrics } from "./controller-metrics.ts";
import type { Permit } from "./controller-options.ts";
import { type ReconcileHappening, reconcileChannel } from "./reconcile-report.ts";
import type { Reconcile, ReconcileContext, ReconcileResult } from "./reconcile.ts";
import { RetrySchedule, type RetryOptions } from "./retry-schedule.ts";
import { TerminalError } from "./terminal-error.ts";
import { type WorkPriority, WorkQueue } from "./work-queue.ts";

export interface WorkerOptions<Value> {
  readonly informer: Informer<Value>;
  readonly reconcile: Reconcile<Value>;
  readonly concurrency: number;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly figures: ControllerFigures;
  /** What may be done for a key now; undefined for one that is another process's. Without it, anything for any key. */
  readonly permit: ((key: string) => Permit | undefined) | undefined;
  /** Keys on which an earlier worker has given up though they run still, each with its end. */
  readonly left: ReadonlyMap<string, Promise<void>>;
  /** Called with what a `reconcile` threw. */
  readonly onError: (key: string, error: unknown, retryInMs: number | undefined) => void;
}

/** How long one may run on whose signal is aborted, before it is given up. */
const ABORTED_GRACE_MS = 5_000;

/** How many keys that are gone are remembered of those that were another's. */
const MOST_DECLINED = 10_000;

/** Runs `reconcile` for keys, and again for those that fail or ask for it. */
export class Worker<Value> {
  readonly #options: WorkerOptions<Value>;
  readonly #queue: WorkQueue;
  readonly #schedule: RetrySchedule;
  /** Keys that are gone and were another's. */
  readonly #declined = new Set<string>();
  readonly #aborting = new AbortController();
  readonly #figures: ControllerFigures;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: WorkerOptions<Value>) {
    const { concurrency, clock, retry, figures } = options;
    this.#options = options;
    this.#figures = figures;
    this.#schedule = new RetrySchedule(retry, clock);
    this.#queue = new WorkQueue({
      concurrency,
      clock,
      work: (key, { queuedMs, priority }) => {
        const running = this.#work(key, queuedMs, priority).finally(() => this.#running.delete(key));
        this.#running.set(key, running);
        return running;
      },
      onAdd: () => figures.adds++,
    });
  }

  get metrics(): Omit<ControllerMetrics, "relists"> {
    const { depth, delayed, running, longestRunningMs, unfinishedMs } = this.#queue;
    const { adds, retries, reconciled, queued, worked } = this.#figures;
    const durations = { queued: queued.metrics, worked: worked.metrics };
    return { depth, delayed, running, longestRunningMs, unfinishedMs, adds, retries, reconciled: { ...reconciled }, ...durations };
  }

  add(key: string, priority: WorkPriority): void {
    this.#queue.add(key, priority);
  }

  /** Keys have become this process's own: those that are gone are queued, lest their end was seen by nobody in charge. */
  gained(isGained: (key: string) => boolean): void {
    for (const key of [...this.#declined]) if (isGained(key) && this.#declined.delete(key)) this.add(key, "background");
  }

  /**
   * Takes no more keys. Those that run may finish within `drainTimeoutMs`; then their signal is aborted.
   * @returns those that did not end even so, each with its end
   */
  async stop({
    drainTimeoutMs,
    reason,
  }: {
    readonly drainTimeoutMs: number;
    readonly reason: Error;
  }): Promise<ReadonlyMap<string, Promise<void>>> {
    const { clock } = this.#options;
    const done = new AbortController();
    const aborting = sleep(drainTimeoutMs, { signal: done.signal, clock }).then(() => {
      this.#aborting.abort(reason);
      return sleep(ABORTED_GRACE_MS, { signal: done.signal, clock });
    });
    await Promise.race([this.#queue.stop(), aborting]);
    done.abort();
    aborting.catch(() => undefined);
    return this.#running;
  }

  /** Has those that run end now. */
  abort(reason: Error): void {
    this.#aborting.abort(reason);
  }

  async #work(key: string, queuedMs: number, priority: WorkPriority): Promise<void> {
    const left = this.#options.left.get(key);
    if (left !== undefined) {
      void left.then(() => {
        this.add(key, priority); // only now: a key is never worked on twice at once
      });
      return;
    }
    const permit = this.#options.permit?.(key);
    if (this.#options.permit !== undefined && permit === undefined) {
      this.#decline(key);
      return;
    }
    const { clock } = this.#options;
    this.#figures.queued.add(queuedMs);
    const sinceMs = clock.nowMs();
    const { signal, unlink } = firstAborted([this.#aborting.signal, permit?.signal]);
    const attempt = this.#schedule.failures(key) + 1;
    if (reconcileChannel.hasSubscribers) this.#tell(key, attempt, { type: "start" });
    try {
      const result = await this.#reconcile(key, { signal, fence: permit?.fence });
      if (permit?.signal.aborted === true) this.#lostPermit(key);
      else this.#succeeded(key, requeueAfterMs(result ?? undefined));
      if (reconcileChannel.hasSubscribers) this.#tell(key, attempt, { type: "end", durationMs: clock.nowMs() - sinceMs });
    } catch (error) {
      if (reconcileChannel.hasSubscribers) this.#tell(key, attempt, { type: "error", durationMs: clock.nowMs() - sinceMs, error });
      if (this.#aborting.signal.aborted) return; // it was told to end, and did
      if (permit?.signal.aborted === true) this.#lostPermit(key);
      else this.#failed(key, error, priority);
    } finally {
      unlink();
      this.#figures.worked.add(clock.nowMs() - sinceMs);
    }
  }

  #tell(key: string, attempt: number, happening: ReconcileHappening): void {
    reconcileChannel.publish({ controllerNumber: identityOf(this.#options.informer), key, attempt, ...happening });
  }

  #reconcile(key: string, grant: Pick<ReconcileContext<Value>, "signal" | "fence">): ReturnType<Reconcile<Value>> {
    const { informer, reconcile } = this.#options;
    const value = informer.get(key);
    // It is not gone: a `reconcile` that took it for gone would clear away what belongs to it.
    if (value === undefined && informer.getKeyValue(key) !== undefined)
      throw new TerminalError(`${key} cannot be decoded; it is worked on when it has changed`, { cause: informer.decodeErrors.get(key) });
    return reconcile(key, { value, informer, attempt: this.#schedule.failures(key) + 1, ...grant });
  }

  /** It is another's, as far as is known here. That one may have been told of it before it knew, which for a deleted key was the only time. */
  #decline(key: string): void {
    this.#schedule.forget(key);
    if (this.#options.informer.has(key)) return;
    this.#declined.delete(key);
    this.#declined.add(key);
    const [oldest] = this.#declined;
    if (this.#declined.size > MOST_DECLINED && oldest !== undefined) this.#declined.delete(oldest);
  }

  /** Its last writes may have been refused for an old fence: it runs again with a new one, if the key is still this process's. */
  #lostPermit(key: string): void {
    this.#queue.add(key);
  }

  #succeeded(key: string, delayMs: number | undefined): void {
    this.#schedule.forget(key);
    this.#figures.reconciled[delayMs === undefined ? "success" : "requeueAfter"]++;
    if (delayMs !== undefined) this.#queue.addAfter(key, delayMs, "background");
  }

  #failed(key: string, error: unknown, priority: WorkPriority): void {
    if (error instanceof TerminalError) {
      this.#schedule.forget(key);
      this.#figures.reconciled.terminalError++;
      this.#options.onError(key, error, undefined);
      return;
    }
    this.#figures.reconciled.error++;
    this.#figures.retries++;
    const retryInMs = this.#schedule.failed(key);
    this.#queue.addAfter(key, retryInMs, priority);
    this.#options.onError(key, error, retryInMs);
  }
}

/** @throws {RangeError} for one that is no delay: NaN would be a loop at full speed */
function requeueAfterMs(result: ReconcileResult): number | undefined {
  const delayMs = result?.requeueAfterMs;
  if (delayMs === undefined || delayMs >= 0) return delayMs;
  throw new RangeError(`requeueAfterMs must be a number of ms from 0 on, got ${showValue(delayMs)}`);
}
