import type { EtcdClient } from "etcd-watch";
import { lostByProxy } from "../support/guarantees/lost-by-proxy.ts";
import type { Truth } from "../support/guarantees/truth.ts";
import { firstRevision } from "../support/guarantees/watch-record.ts";
import type { RecordedWatch } from "./recorded-watch.ts";
import { rest } from "./rest.ts";
import type { WatchUser } from "./watch-user.ts";
import { allKeys } from "./write-load.ts";

/** Everything that is due must have come so long after the last fault. */
export const LIVE_WITHIN_MS = 30_000;
const POLL_MS = 20;
/** What a proxy has lost is looked for now and then: nobody waits for that to come. */
const LOST_POLL_MS = 1_000;
/** A watch that still waits after so long has its call asked for a sign of life, and again if it goes on. */
const PROBE_AFTER_MS = 8_000;

const NEVER = new AbortController().signal;

/** Writes every key once more, however often that takes. Resolves with the revision. */
export async function writeEveryKey(writer: EtcdClient): Promise<bigint> {
  const success = allKeys.map((key) => ({ put: { key, value: "the last" } }));
  for (;;) {
    try {
      return (await writer.kv.txn({ success })).header.revision;
    } catch {
      await rest(100, NEVER);
    }
  }
}

/** After the faults, when nothing is written any more: waits until each user's last watch has all that is due, or the time is up. */
export async function awaitAll(users: readonly WatchUser[], truth: Truth, { isProxied }: { readonly isProxied: boolean }): Promise<void> {
  const dueSinceMs = performance.now();
  await Promise.all(
    users.map(async (user) => {
      const { current: watch } = user;
      if (watch === undefined) return;
      watch.due = { revision: truth.lastRevision, sinceMs: dueSinceMs };
      let [lookAtMs, probeAtMs] = [dueSinceMs + LOST_POLL_MS, dueSinceMs + PROBE_AFTER_MS];
      let owed = owedTo(watch, truth);
      for (let nowMs = dueSinceMs; !watch.isOver && nowMs < dueSinceMs + LIVE_WITHIN_MS; nowMs = performance.now()) {
        if (owed === undefined || nowMs >= lookAtMs) {
          owed = owedTo(watch, truth);
          if (owed !== undefined && isProxied && watch.eventCount < owed) owed -= lostByProxy(watch.record, truth).length;
          lookAtMs = nowMs + LOST_POLL_MS;
        }
        if (owed !== undefined && watch.eventCount >= owed) break;
        if (isProxied && nowMs >= probeAtMs) {
          await user.probe();
          probeAtMs = performance.now() + PROBE_AFTER_MS;
        } else await rest(POLL_MS, NEVER);
      }
      if (watch.isOver) watch.due = undefined;
    }),
  );
}

/** How many events; undefined while it is not known from where on. */
function owedTo({ record, asked }: RecordedWatch, truth: Truth): number | undefined {
  const start = firstRevision(record);
  return start === undefined ? undefined : truth.matching(asked, start, truth.lastRevision + 1n).length;
}
