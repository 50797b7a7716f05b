import type { EtcdClient } from "../client/etcd-client.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import { onAbort } from "../util/abort.ts";
import { knownIn } from "./known-keys.ts";
import { cachedId, type KeyId, keyId } from "./key-id.ts";
import { checkListWatchOptions, type ListWatchOptions, type ListWatchSpec } from "./list-watch-options.ts";
import type { ApplyChange, DeleteChange, KeyChange, ListCause } from "./list-watch-step.ts";
import { listWatchSteps } from "./list-watch-steps.ts";

/** What a `ListWatch` tells: lists, then changes one by one. Tell them apart by `type`. */
export type ListWatchEvent =
  /** A list begins. After the first one, `item`s follow; after a later one, the difference as `apply` and `delete`. */
  | { readonly type: "init"; readonly cause: ListCause }
  /** A key that was listed. */
  | { readonly type: "item"; readonly kv: KeyValue }
  /** The list is complete, also of an empty range: all that was told is the range as it was at this revision. */
  | { readonly type: "synced"; readonly revision: Revision }
  | ApplyChange
  | DeleteChange
  /** Nothing has changed up to this revision. */
  | { readonly type: "bookmark"; readonly revision: Revision };

/**
 * The keys of a range as they are, and then every change of them, for ever: a list in pages at one revision, then a watch from the next
 * one. When a watch cannot go on (its revision was compacted, the cluster was restored), the keys are listed again and the reader is told
 * the difference alone, deletes included. It never goes back in time on purpose. (etcd's own name for it is mirror.Syncer.)
 *
 * It remembers the last value of each key, which is what the difference is made of. To have that as a cache, use `Informer`.
 *
 * @example
 * for await (const event of new ListWatch(client, { prefix: "config/" })) {
 *   if (event.type === "item" || event.type === "apply") console.log(event.kv.keyText, "is", event.kv.valueText);
 *   if (event.type === "delete") console.log(event.key.toString(), "is gone; it was", event.previous.valueText);
 *   if (event.type === "synced") break;
 * }
 */
export class ListWatch implements AsyncIterable<ListWatchEvent> {
  readonly #client: EtcdClient;
  readonly #spec: ListWatchSpec;
  readonly #signal: AbortSignal | undefined;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(client: EtcdClient, options: ListWatchOptions) {
    this.#client = client;
    this.#spec = checkListWatchOptions(options, "ListWatch");
    this.#signal = options.signal;
  }

  /**
   * Each loop lists anew. Leaving it ends the watch.
   * @throws why the list or the watch failed, when no retry cures it: permission denied, say
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ListWatchEvent, void, undefined> {
    const known = new Map<KeyId, KeyValue>();
    const ending = new AbortController();
    const unlink = onAbort(this.#signal, (reason) => {
      ending.abort(reason);
    });
    let isFirst = true;
    try {
      for await (const step of listWatchSteps(this.#client, this.#spec, { known: knownIn(known), signal: ending.signal })) {
        if (step.type === "listing") yield { type: "init", cause: step.cause };
        else if (step.type !== "changes") {
          if (step.type === "synced") isFirst = false;
          yield step;
        } else {
          for (const change of step.changes) {
            apply(known, change);
            if (isFirst && change.type === "apply" && change.previous === undefined) yield { type: "item", kv: change.kv };
            else yield change;
          }
        }
      }
    } finally {
      unlink();
      ending.abort();
    }
  }
}

function apply(known: Map<KeyId, KeyValue>, change: KeyChange): void {
  if (change.type === "apply") known.set(cachedId(change.kv), change.kv);
  else known.delete(keyId(change.key));
}
