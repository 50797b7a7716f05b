import type { Int64 } from "../model/int64.ts";
import { type Clock, every } from "../util/clock.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** How often a stream is looked over for watches that have heard nothing. etcd compacts by time every five minutes at the soonest. */
const IDLE_PERIOD_MS = 60_000;

/**
 * Keeps idle watches resumable: one on a quiet key would have to go on from where it began, and once that is compacted, a lost connection
 * would end it (etcd-io/etcd#8231). So a stream with a watch that has not moved for a while asks for progress. The notices reach no loop.
 * @returns what ends it
 */
export function keepResumable(
  clock: Clock,
  { substreams }: { readonly substreams: ReadonlyMap<Int64, WatcherStream> },
  requestProgress: (signal: AbortSignal) => Promise<void>,
): () => void {
  const seenAt = new WeakMap<WatcherStream, Int64>();
  const ending = new AbortController();
  const stop = every(clock, IDLE_PERIOD_MS, () => {
    let isIdle = false;
    for (const watch of substreams.values()) {
      if (seenAt.get(watch) === watch.next64) isIdle = true;
      else seenAt.set(watch, watch.next64);
    }
    if (isIdle) requestProgress(ending.signal).catch(() => undefined); // the connection is gone: so is what asked
  });
  return () => {
    stop();
    ending.abort();
  };
}
