import { RpcError } from "../errors/etcd-error.ts";
import type { Revision } from "../model/revision.ts";
import { onAbort } from "../util/abort.ts";
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

/** Those who wait for a picture to get to a revision. A quiet range gets there only if the server is asked to say so. */
export class RevisionWaiters {
  readonly #current: () => Revision;
  readonly #waiters = new Set<Waiter>();
  #watch: WatchChannel | undefined;
  #closed: Error | undefined;

  constructor(current: () => Revision) {
    this.#current = current;
  }

  /** A watch has taken over. */
  readonly watching = (watch: WatchChannel): void => {
    this.#watch = watch;
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
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiter = {
        revision,
        settle: (error) => {
          clearTimeout(timer);
          unlink();
          this.#waiters.delete(waiter);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
      if (timeoutMs !== Infinity) {
        timer = setTimeout(() => {
          waiter.settle(this.#timedOut(revision, timeoutMs));
        }, timeoutMs);
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

  /** What comes of it comes to the loop. A server whose notices cannot be relied on sends periodic ones. */
  #ask(): void {
    this.#watch?.requestProgress().catch(() => undefined);
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
