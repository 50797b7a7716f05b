import type { Informer } from "../cache/informer.ts";
import { type Clock, sleep } from "../util/clock.ts";
import type { ControllerFigures, ControllerMetrics } from "./controller-metrics.ts";
import type { Reconcile, ReconcileResult } from "./reconcile.ts";
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
  /** Called with what a `reconcile` threw. */
  readonly onError: (key: string, error: unknown, retryInMs: number | undefined) => void;
}

/** How long one may run on whose signal is aborted, before it is given up. */
const ABORTED_GRACE_MS = 5_000;

/** Runs `reconcile` for keys, and again for those that fail or ask for it. */
export class Worker<Value> {
  readonly #options: WorkerOptions<Value>;
  readonly #queue: WorkQueue;
  readonly #schedule: RetrySchedule;
  readonly #aborting = new AbortController();
  readonly #figures: ControllerFigures;

  constructor(options: WorkerOptions<Value>) {
    const { concurrency, clock, retry, figures } = options;
    this.#options = options;
    this.#figures = figures;
    this.#schedule = new RetrySchedule(retry, clock);
    this.#queue = new WorkQueue({
      concurrency,
      clock,
      work: (key, { queuedMs }) => this.#work(key, queuedMs),
      onAdd: () => figures.adds++,
    });
  }

  get metrics(): Omit<ControllerMetrics, "relists"> {
    const { depth, delayed, running, longestRunningMs } = this.#queue;
    const { adds, retries, reconciled, queued, worked } = this.#figures;
    const durations = { queued: queued.metrics, worked: worked.metrics };
    return { depth, delayed, running, longestRunningMs, adds, retries, reconciled: { ...reconciled }, ...durations };
  }

  add(key: string, priority: WorkPriority): void {
    this.#queue.add(key, priority);
  }

  /**
   * Takes no more keys. Those that run may finish within `drainTimeoutMs`; then their signal is aborted.
   * @returns how many did not end even so
   */
  async stop({ drainTimeoutMs, reason }: { readonly drainTimeoutMs: number; readonly reason: Error }): Promise<number> {
    const { clock } = this.#options;
    const done = new AbortController();
    const aborting = sleep(drainTimeoutMs, { signal: done.signal, clock }).then(() => {
      this.#aborting.abort(reason);
      return sleep(ABORTED_GRACE_MS, { signal: done.signal, clock });
    });
    await Promise.race([this.#queue.stop(), aborting]);
    done.abort();
    aborting.catch(() => undefined);
    return this.#queue.running;
  }

  /** Has those that run end now. */
  abort(reason: Error): void {
    this.#aborting.abort(reason);
  }

  async #work(key: string, queuedMs: number): Promise<void> {
    const { clock, informer, reconcile } = this.#options;
    this.#figures.queued.add(queuedMs);
    const sinceMs = clock.nowMs();
    const attempt = this.#schedule.failures(key) + 1;
    try {
      const value = informer.get(key);
      const result = await reconcile(key, { value, informer, attempt, signal: this.#aborting.signal });
      this.#succeeded(key, result ?? undefined);
    } catch (error) {
      this.#failed(key, error);
    } finally {
      this.#figures.worked.add(clock.nowMs() - sinceMs);
    }
  }

  #succeeded(key: string, result: ReconcileResult): void {
    this.#schedule.forget(key);
    const delayMs = result?.requeueAfterMs;
    this.#figures.reconciled[delayMs === undefined ? "success" : "requeueAfter"]++;
    if (delayMs !== undefined) this.#queue.addAfter(key, delayMs, "background");
  }

  #failed(key: string, error: unknown): void {
    if (this.#aborting.signal.aborted) return; // it was told to end, and did
    if (error instanceof TerminalError) {
      this.#schedule.forget(key);
      this.#figures.reconciled.terminalError++;
      this.#options.onError(key, error, undefined);
      return;
    }
    this.#figures.reconciled.error++;
    this.#figures.retries++;
    const retryInMs = this.#schedule.failed(key);
    this.#queue.addAfter(key, retryInMs);
    this.#options.onError(key, error, retryInMs);
  }
}
