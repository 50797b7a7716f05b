import type { EtcdClient } from "../client/etcd-client.ts";
import { isClosedError, isClusterChangedError, isCompactedError, isRpcError } from "../errors/etcd-error.ts";
import type { KeyRange } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import type { WatchEvent } from "../model/watch-event.ts";
import { Backoff } from "../util/backoff.ts";
import { sleep } from "../util/clock.ts";
import { streamVerdict } from "../watch/stream-verdict.ts";
import type { WatchChannel } from "../watch/watch-channel.ts";
import type { WatchResponse } from "../watch/watch-response.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { type KeyId, keyId } from "./key-id.ts";
import { ListCopies, ownCopy } from "./own-copy.ts";
import { checkCluster, listPages } from "./key-lister.ts";
import type { KnownKeys } from "./known-keys.ts";
import type { ListWatchSpec } from "./list-watch-options.ts";
import type { DeleteChange, KeyChange, ListCause, ListWatchStep } from "./list-watch-step.ts";
import { relistChannel } from "./relist-report.ts";

export interface ListWatchContext {
  readonly known: KnownKeys;
  readonly signal: AbortSignal;
  /** Called with each watch, once it is the one that is read. */
  readonly onWatch?: ((watch: WatchChannel) => void) | undefined;
}

/** A range as it was listed: of which cluster, and at which of its revisions. */
interface Listed {
  readonly revision: Revision;
  readonly clusterId: bigint;
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
  { known, signal, onWatch }: ListWatchContext,
): AsyncGenerator<ListWatchStep, void, undefined> {
  const { clock, logger } = client[watcherHost];
  const backoff = new Backoff(RETRY);
  const isEnded = (): boolean => signal.aborted;
  let cause: ListCause = "start";
  while (!isEnded()) {
    try {
      if (cause !== "start" && relistChannel.hasSubscribers)
        relistChannel.publish({ clientId: client[watcherHost].clientId, key: spec.range.key.toString("utf8"), cause });
      yield { type: "listing", cause };
      const listed = yield* list(client, spec, { known, signal });
      yield { type: "synced", revision: listed.revision };
      const sinceMs = clock.nowMs();
      try {
        yield* watchFrom(client, spec, { listed, known, signal, onWatch });
        return; // the user has ended it
      } finally {
        if (clock.nowMs() - sinceMs >= SHORT_WATCH_MS) backoff.reset();
      }
    } catch (error) {
      if (isEnded() || (isClosedError(error) && cause !== "start")) return; // the client was closed: a watch too ends quietly then
      cause = causeOf(error) ?? cause;
      if (causeOf(error) === undefined && !isPassing(error)) throw error;
      logger.warn("Keys are to be listed again", { key: spec.range.key.toString(), cause, error });
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
  return isRpcError(error) && ["retry", "retry-elsewhere"].includes(streamVerdict(error));
}

async function* list(
  client: EtcdClient,
  { range, pageSize }: ListWatchSpec,
  { known, signal }: { readonly known: KnownKeys; readonly signal: AbortSignal },
): AsyncGenerator<ListWatchStep, Listed, undefined> {
  const listed = new Set<KeyId>();
  const copies = new ListCopies();
  let [revision, clusterId] = [0n, 0n];
  for await (const page of listPages(client, range, { pageSize, signal })) {
    ({ revision, clusterId } = page);
    const changes: KeyChange[] = [];
    for (const kv of page.kvs) {
      const id = keyId(kv.key);
      listed.add(id);
      if (!known.isSame(id, kv))
        changes.push({ type: "apply", kv: copies.copy(kv), previous: known.wantsPrevious ? known.get(id) : undefined });
    }
    if (changes.length > 0) yield { type: "changes", changes, revision };
  }
  const gone: DeleteChange[] = [];
  for (const id of known.ids()) {
    const previous = listed.has(id) ? undefined : known.get(id);
    if (previous !== undefined) gone.push({ type: "delete", key: previous.key, previous, revision: undefined, isFinalStateUnknown: true });
  }
  if (gone.length > 0) yield { type: "changes", changes: gone, revision };
  return { revision, clusterId };
}

async function* watchFrom(
  client: EtcdClient,
  { range, metadata, requireLeader, buffer }: ListWatchSpec,
  { listed: { revision, clusterId }, known, signal, onWatch }: ListWatchContext & { readonly listed: Listed },
): AsyncGenerator<ListWatchStep, void, undefined> {
  const watch = client.watch(range.key, {
    ...rangeOptions(range),
    startRevision: revision + 1n,
    progressNotify: true,
    createdNotify: true,
    signal,
    ...(metadata === undefined ? {} : { metadata }),
    ...(requireLeader === undefined ? {} : { requireLeader }),
    ...(buffer === undefined ? {} : { buffer }),
  });
  onWatch?.(watch);
  for await (const response of watch) {
    // From its first answer on the watch knows its cluster, but not that the list was of the same one.
    if (response.created) checkCluster(clusterId, response.header.clusterId);
    else if (response.isProgressNotify) yield { type: "bookmark", revision: response.header.revision };
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
    const isWanted = known.wantsPrevious || event.type === "delete";
    const previous = latest.has(id) ? latest.get(id) : isWanted ? known.get(id) : undefined;
    const change = changeOf(event, previous);
    revision = event.kv.modRevision;
    if (change === undefined) continue;
    latest.set(id, change.type === "apply" ? change.kv : undefined);
    changes.push(change);
  }
  return { type: "changes", changes, revision };
}

function changeOf(event: WatchEvent, previous: KeyValue | undefined): KeyChange | undefined {
  if (event.type === "put") return { type: "apply", kv: ownCopy(event.kv), previous };
  if (previous === undefined) return undefined; // put and deleted in one transaction's time, and never seen
  return { type: "delete", key: previous.key, previous, revision: event.kv.modRevision, isFinalStateUnknown: false };
}
