import { isUnsupportedError, RpcError } from "../errors/etcd-error.ts";
import type { Revision } from "../model/revision.ts";
import { onAbort } from "../util/abort.ts";
import { type Clock, sleep, type Timer } from "../util/clock.ts";
import { checkOptions, checkSignal, checkTimeout } from "../util/option-check.ts";
import type { WatchChannel } from "../watch/watch-channel.ts";

/** How long to wait for a revision. */
export interface RevisionWaitOptions {
  /** Aborting it ends the wait; its reason is what is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

interface Waiter {
  readonly revision: Revision;
  readonly settle: (error?: Error) => void;
}

/** How soon, and how late at the most, it is asked again, in ms: those who wait may wait for what has not been written yet. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** Those who wait for a picture to get to a revision. A quiet range gets there only if the server is asked to say so. */
export class RevisionWaiters {
  readonly #current: () => Revision;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #watch: WatchChannel | undefined;
  /** While the server is asked; aborted when nobody waits any more, or another watch has taken over. */
  #asking: AbortController | undefined;
  #closed: Error | undefined;

  constructor(current: () => Revision, clock: Clock) {
    this.#current = current;
    this.#clock = clock;
  }

  /** A watch has taken over. */
  readonly watching = (watch: WatchChannel): void => {
    this.#watch = watch;
    this.#stopAsking();
    if (this.#waiters.size > 0) this.#ask();
  };

  /** @throws {RpcError} DEADLINE_EXCEEDED; the signal's reason; what `close()` was told */
  wait(revision: Revision, options: RevisionWaitOptions): Promise<void> {
    checkOptions(options, { signal: "value", timeoutMs: "value" }, "waitForRevision");
    const signal = checkSignal(options.signal);
    const timeoutMs = checkTimeout(options.timeoutMs ?? 10_000, "timeoutMs");
    return new Promise((resolve, reject) => {
      if (this.#current() >= revision) {
        resolve();
        return;
      }
      if (this.#closed !== undefined) throw this.#closed;
      let unlink = (): void => undefined;
      let timer: Timer | undefined;
      const waiter: Waiter = {
        revision,
        settle: (error) => {
          timer?.cancel();
          unlink();
          this.#waiters.delete(waiter);
          if (this.#waiters.size === 0) this.#stopAsking();
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
      if (timeoutMs !== Infinity) {
        timer = this.#clock.setTimer(timeoutMs, () => {
          waiter.settle(this.#timedOut(revision, timeoutMs));
        });
      }
      unlink = onAbort(signal, waiter.settle);
      this.#ask();
    });
  }

  /** The picture has got further. */
  advanced(): void {
    for (const waiter of [...this.#waiters]) if (this.#current() >= waiter.revision) waiter.settle();
  }

  close(reason: Error): void {
    this.#closed = reason;
    for (const waiter of [...this.#waiters]) waiter.settle(reason);
  }

  #ask(): void {
    if (this.#watch === undefined || this.#asking !== undefined) return;
    const asking = new AbortController();
    this.#asking = asking;
    void this.#askAgain(this.#watch, asking.signal);
  }

  #stopAsking(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }

  /**
   * What comes of it comes to the loop. One answer may be too early: of a revision before the one that is waited for. Where notices cannot
   * be relied on, the watch waits for a periodic one. Never rejects.
   */
  async #askAgain(watch: WatchChannel, signal: AbortSignal): Promise<void> {
    const isEnded = (): boolean => signal.aborted;
    for (let pauseMs = FIRST_PAUSE_MS; !isEnded(); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await watch.requestProgress({ signal, timeoutMs: Infinity });
      } catch (error) {
        if (isUnsupportedError(error)) return; // nothing else will be said by this server
        // Away, or no permission, or the watch has ended: the next watch, or those who wait, put an end to it.
      }
      await sleep(pauseMs, { signal, clock: this.#clock }).catch(() => undefined); // aborted: the condition sees it
    }
  }

  #timedOut(revision: Revision, timeoutMs: number): RpcError {
    const at = String(this.#current());
    return new RpcError({
      code: "DEADLINE_EXCEEDED",
      details: `The informer did not get to revision ${String(revision)} within ${String(timeoutMs)} ms; it is at ${at}`,
      path: "/etcdserverpb.Watch/Watch",
    });
  }
}
