import type { EtcdClient } from "../client/etcd-client.ts";
import { isClusterChangedError, isCompactedError, isRpcError } from "../errors/etcd-error.ts";
import type { KeyRange } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { Backoff } from "../util/backoff.ts";
import { type Clock, sleep, systemClock } from "../util/clock.ts";
import type { WatchChannel } from "../watch/watch-channel.ts";
import type { WatchResponse } from "../watch/watch-response.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { type KeyId, keyId } from "./key-id.ts";
import { listPages } from "./key-lister.ts";
import type { ListWatchSpec } from "./list-watch-options.ts";
import type { DeleteChange, KeyChange, ListCause, ListWatchStep } from "./list-watch-step.ts";
import { relistChannel } from "./relist-report.ts";

/** What whoever takes the steps has so far: the steps are the difference to it. It changes only between two steps. */
export interface KnownKeys {
  get(id: KeyId): KeyValue | undefined;
  entries(): Iterable<readonly [KeyId, KeyValue]>;
}

export interface ListWatchContext {
  readonly known: KnownKeys;
  readonly signal: AbortSignal;
  /** Called with each watch, once it is the one that is read. */
  readonly onWatch?: ((watch: WatchChannel) => void) | undefined;
  readonly clock?: Clock;
}

/** A watch that ends sooner, over and over, is waited for: it must not become a loop of lists at full speed. */
const SHORT_WATCH_MS = 1_000;

/** client-go's reflector waits from 0.8 s up to 30 s; one etcd list is cheaper than one of an API server. */
const RETRY = { baseMs: 100, maxMs: 30_000 };

/**
 * Lists, then watches from the next revision on, then lists again whenever a watch cannot go on. Reads from top to bottom; ends quietly
 * when the signal is aborted.
 *
 * @throws why the watch or a list failed, when no retry cures it
 */
export async function* listWatchSteps(
  client: EtcdClient,
  spec: ListWatchSpec,
  { known, signal, onWatch, clock = systemClock }: ListWatchContext,
): AsyncGenerator<ListWatchStep, void, undefined> {
  const backoff = new Backoff(RETRY);
  const isEnded = (): boolean => signal.aborted;
  let cause: ListCause = "start";
  while (!isEnded()) {
    try {
      if (cause !== "start" && relistChannel.hasSubscribers)
        relistChannel.publish({ clientId: client[watcherHost].clientId, key: spec.range.key.toString("utf8"), cause });
      yield { type: "listing", cause };
      const revision = yield* list(client, spec, { known, signal });
      yield { type: "synced", revision };
      const sinceMs = clock.nowMs();
      try {
        yield* watchFrom(client, spec, { revision, known, signal, onWatch });
        return; // the user has ended it
      } finally {
        if (clock.nowMs() - sinceMs >= SHORT_WATCH_MS) backoff.reset();
      }
    } catch (error) {
      if (isEnded()) return;
      cause = causeOf(error) ?? cause;
      if (causeOf(error) === undefined && !isPassing(error)) throw error;
    }
    await sleep(backoff.nextMs(), { signal, clock }).catch(() => undefined); // aborted: the condition sees it
  }
}

/** Why a failure calls for a new list; undefined if it does not. */
function causeOf(error: unknown): ListCause | undefined {
  if (isCompactedError(error)) return "compacted";
  return isClusterChangedError(error) ? "cluster-changed" : undefined;
}

/** A list that failed like this may succeed later. (A watch has retried by itself, and what it throws is final.) */
function isPassing(error: unknown): boolean {
  return isRpcError(error) && ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED"].includes(error.code);
}

async function* list(
  client: EtcdClient,
  { range, pageSize }: ListWatchSpec,
  { known, signal }: { readonly known: KnownKeys; readonly signal: AbortSignal },
): AsyncGenerator<ListWatchStep, Revision, undefined> {
  const listed = new Set<KeyId>();
  let revision = 0n;
  for await (const page of listPages(client, range, { pageSize, signal })) {
    ({ revision } = page);
    const changes: KeyChange[] = [];
    for (const kv of page.kvs) {
      const id = keyId(kv.key);
      listed.add(id);
      const previous = known.get(id);
      if (previous === undefined || !isSame(previous, kv)) changes.push({ type: "apply", kv: kv.copy(), previous });
    }
    if (changes.length > 0) yield { type: "changes", changes, revision };
  }
  const gone: DeleteChange[] = [];
  for (const [id, previous] of known.entries()) {
    if (!listed.has(id)) gone.push({ type: "delete", key: previous.key, previous, revision: undefined, isFinalStateUnknown: true });
  }
  if (gone.length > 0) yield { type: "changes", changes: gone, revision };
  return revision;
}

/** In another cluster the same revision may be another write of the key. */
function isSame(a: KeyValue, b: KeyValue): boolean {
  return a.modRevision === b.modRevision && a.createRevision === b.createRevision && a.version === b.version && a.value.equals(b.value);
}

async function* watchFrom(
  client: EtcdClient,
  { range, metadata, requireLeader, buffer }: ListWatchSpec,
  { revision, known, signal, onWatch }: ListWatchContext & { readonly revision: Revision },
): AsyncGenerator<ListWatchStep, void, undefined> {
  const watch = client.watch(range.key, {
    ...rangeOptions(range),
    startRevision: revision + 1n,
    progressNotify: true,
    signal,
    ...(metadata === undefined ? {} : { metadata }),
    ...(requireLeader === undefined ? {} : { requireLeader }),
    ...(buffer === undefined ? {} : { buffer }),
  });
  onWatch?.(watch);
  for await (const response of watch) {
    if (response.isProgressNotify) yield { type: "bookmark", revision: response.header.revision };
    else yield changesOf(response, known);
  }
}

function rangeOptions({ rangeEnd }: KeyRange): { rangeEnd?: Buffer } {
  return rangeEnd.length === 0 ? {} : { rangeEnd };
}

/** A response may have several revisions, and a key in each of them. */
function changesOf(response: WatchResponse, known: KnownKeys): ListWatchStep {
  const changes: KeyChange[] = [];
  const latest = new Map<KeyId, KeyValue | undefined>();
  let revision = response.header.revision;
  for (const event of response.events) {
    const id = keyId(event.kv.key);
    const previous = latest.has(id) ? latest.get(id) : known.get(id);
    const change = changeOf(event, previous);
    revision = event.kv.modRevision;
    if (change === undefined) continue;
    latest.set(id, change.type === "apply" ? change.kv : undefined);
    changes.push(change);
  }
  return { type: "changes", changes, revision };
}

function changeOf(event: WatchEvent, previous: KeyValue | undefined): KeyChange | undefined {
  if (event.type === "put") return { type: "apply", kv: event.kv.copy(), previous };
  if (previous === undefined) return undefined; // put and deleted in one transaction's time, and never seen
  return { type: "delete", key: previous.key, previous, revision: event.kv.modRevision, isFinalStateUnknown: false };
}
