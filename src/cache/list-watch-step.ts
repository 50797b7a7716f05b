import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";

/** Why keys are listed: for the first time, or because a watch cannot go on from where it was. */
export type ListCause =
  | "start"
  /** The server no longer has the revisions between. */
  | "compacted"
  /** Another cluster answers, or one that was restored from a backup. */
  | "cluster-changed";

/** A key has been written: created, or changed. */
export interface ApplyChange {
  /** Tells it from the other events. */
  readonly type: "apply";
  /** The key as it is now. */
  readonly kv: KeyValue;
  /** The key as it was known before; undefined for one that is new. */
  readonly previous: KeyValue | undefined;
}

/** A key has gone. */
export interface DeleteChange {
  /** Tells it from the other events. */
  readonly type: "delete";
  /** The key that is gone. */
  readonly key: Buffer;
  /** The key as it was last known. */
  readonly previous: KeyValue;
  /** At which revision it was deleted; undefined if that was found out by a list. */
  readonly revision: Revision | undefined;
  /** Found out by a list: it may have changed once more before it was deleted (client-go's DeletedFinalStateUnknown). */
  readonly isFinalStateUnknown: boolean;
}

export type KeyChange = ApplyChange | DeleteChange;

/**
 * What a list and the watch after it come to, in steps that are applied as a whole:
 *
 *   listing ── changes* ── synced ── (changes | bookmark)* ──┐
 *      ▲                                                     │
 *      └──────── compacted, cluster changed ─────────────────┘
 *
 * Between `listing` and `synced` the changes are a difference in the making: no revision ever had a part of them alone.
 */
export type ListWatchStep =
  | { readonly type: "listing"; readonly cause: ListCause }
  | { readonly type: "changes"; readonly changes: readonly KeyChange[]; readonly revision: Revision }
  | { readonly type: "synced"; readonly revision: Revision }
  /** Nothing has changed up to this revision. */
  | { readonly type: "bookmark"; readonly revision: Revision };
