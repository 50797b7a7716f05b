import { checkListWatchOptions } from "../cache/list-watch-options.ts";
import { knownIn } from "../cache/known-keys.ts";
import { cachedId, type KeyId, keyId } from "../cache/key-id.ts";
import { listWatchSteps } from "../cache/list-watch-steps.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import type { KeyValue } from "../model/key-value.ts";
import { firstAborted } from "../util/abort.ts";

/**
 * The key of who leads, undefined for nobody, and again whenever that changes. Only whole revisions are looked at, and after a compaction
 * the present one.
 */
export async function* leaderChanges(
  client: EtcdClient,
  prefix: Buffer,
  signal: AbortSignal | undefined,
): AsyncGenerator<KeyValue | undefined, void, undefined> {
  const ending = new AbortController();
  const { signal: either, unlink } = firstAborted([signal, ending.signal]);
  const known = new Map<KeyId, KeyValue>();
  let isListing = true;
  let told: { readonly leader: KeyValue | undefined } | undefined;
  try {
    for await (const step of listWatchSteps(client, checkListWatchOptions({ prefix }, "observe"), {
      known: knownIn(known),
      signal: either,
    })) {
      if (step.type === "listing") isListing = true;
      if (step.type === "synced") isListing = false;
      if (step.type === "changes") {
        for (const change of step.changes) {
          if (change.type === "apply") known.set(cachedId(change.kv), change.kv);
          else known.delete(keyId(change.key));
        }
      }
      const leader = firstCreated(known.values());
      if (isListing || (told !== undefined && told.leader?.modRevision === leader?.modRevision)) continue;
      told = { leader };
      yield leader;
    }
  } finally {
    unlink();
    ending.abort();
  }
}

function firstCreated(candidates: Iterable<KeyValue>): KeyValue | undefined {
  let first: KeyValue | undefined;
  for (const candidate of candidates) if (first === undefined || candidate.createRevision < first.createRevision) first = candidate;
  return first;
}
