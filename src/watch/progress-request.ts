import { RpcError, UnsupportedError } from "../errors/etcd-error.ts";
import type { Revision } from "../model/revision.ts";
import { abortReason, onAbort } from "../util/abort.ts";
import { sleep } from "../util/clock.ts";
import { checkOptions, checkSignal, checkTimeout, type OptionKinds } from "../util/option-check.ts";
import { currentRevision } from "./server-queries.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** How long to ask for progress. */
export interface ProgressRequestOptions {
  /** Aborting it ends the asking; its reason is what is thrown. */
  readonly signal?: AbortSignal;
  /** How long to ask in all, in ms. Default 10,000. Infinity is no limit. */
  readonly timeoutMs?: number;
}

const progressRequestKinds: OptionKinds<ProgressRequestOptions> = { signal: "value", timeoutMs: "value" };
const DEFAULT_TIMEOUT_MS = 10_000;
/** A server stays silent while a watch of the stream is behind, so it is asked again, less and less often. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;
/** Where notices cannot be relied on, an event that was on its way may still prove it within this time. */
const EVENT_GRACE_MS = 500;
/** No watch ever receives all up to this. */
const BEYOND_ALL = 2n ** 63n;

/**
 * Waits until all up to the store's present revision has been received, asking the server to say so. See `WatchChannel.requestProgress`.
 * Not async: options that are wrong throw at once.
 */
export function requestProgress(host: WatcherHost, watch: WatcherStream, options: ProgressRequestOptions): Promise<Revision> {
  checkOptions(options, progressRequestKinds, "requestProgress");
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return progressOf(host, watch, { signal: checkSignal(options.signal), timeoutMs: checkTimeout(timeoutMs, "timeoutMs") });
}

async function progressOf(
  host: WatcherHost,
  watch: WatcherStream,
  { signal, timeoutMs }: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<Revision> {
  const limit = new AbortController();
  const unlink = onAbort(signal, (reason) => {
    limit.abort(reason);
  });
  const timer = host.clock.setTimer(timeoutMs, () => {
    limit.abort(timedOut(timeoutMs, watch));
  });
  // A watch that ends, or has ended, will not receive anything, however long the read takes.
  const forget = watch.whenReceived(BEYOND_ALL, (error) => {
    limit.abort(error);
  });
  try {
    const revision = await currentRevision(host, watch.spec.range, { signal: limit.signal, timeoutMs });
    await received(watch, revision, limit.signal, () => ask(host, watch, limit.signal));
    return revision;
  } catch (error) {
    throw limit.signal.aborted ? abortReason(limit.signal) : error;
  } finally {
    timer.cancel();
    unlink();
    forget();
    limit.abort(); // ends the asking
  }
}

/** Resolves when the watch has received all up to the revision. Rejects as `asking` does, or with the reason if the watch ends first. */
function received(watch: WatcherStream, revision: Revision, signal: AbortSignal, asking: () => Promise<never>): Promise<void> {
  return new Promise((resolve, reject) => {
    let unlink = (): void => undefined;
    const forget = watch.whenReceived(revision, (error) => {
      unlink();
      if (error === undefined) resolve();
      else reject(error);
    });
    unlink = onAbort(signal, (reason) => {
      forget();
      reject(reason);
    });
    if (watch.nextRevision <= revision) {
      asking().catch((error: unknown) => {
        unlink();
        forget();
        reject(error);
      });
    }
  });
}

async function ask(host: WatcherHost, watch: WatcherStream, signal: AbortSignal): Promise<never> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const current = watch.home;
    if (current !== undefined) {
      if (!(await current.progressIsOrdered(signal))) {
        // A periodic notice can be relied on everywhere; it comes by itself, if it was asked for.
        if (!watch.spec.progressNotify) {
          await sleep(EVENT_GRACE_MS, { signal, clock: host.clock });
          throw new UnsupportedError(
            "This server may send a requested progress notice before the events that it speaks of (etcd-io/etcd#15220), or its version is unknown; " +
              "etcd 3.4.25, 3.5.8 and later are safe",
          );
        }
      } else await current.requestProgress("library", signal);
    }
    await sleep(pauseMs, { signal, clock: host.clock });
  }
}

function timedOut(timeoutMs: number, watch: WatcherStream): RpcError {
  const from = String(watch.nextRevision);
  return new RpcError({
    code: "DEADLINE_EXCEEDED",
    details: `No progress was confirmed within ${String(timeoutMs)} ms; the watch goes on from revision ${from}`,
    path: "/etcdserverpb.Watch/Watch",
  });
}
