import type { Event, KeyValue } from "../../gen/kv.ts";
import { Event_EventType } from "../../gen/kv.ts";
import { NO_BYTES } from "../../util/bytes.ts";
import type { KeyText } from "./key-text.ts";

/**
 * What one key became at one revision. The revision is `kv.modRevision`; its place among the changes of one transaction is etcd's sub
 * revision. Never altered once it is in the store, and shared by all who read it.
 */
export interface Change {
  readonly kind: "put" | "delete";
  readonly key: KeyText;
  readonly kv: Readonly<KeyValue>;
}

/** A tombstone carries nothing but its key and the revision. */
export function tombstone(key: KeyText, keyBytes: Uint8Array, modRevision: bigint): Change {
  return { kind: "delete", key, kv: { key: keyBytes, modRevision, createRevision: 0n, version: 0n, value: NO_BYTES, lease: 0n } };
}

/** A revision as etcd writes it before each pair, and the numbers of the pair. */
const RECORD_BYTES = 17 + 16;

/** About what a change takes in a database of etcd's. */
export function sizeBytesOf({ kv }: Change): number {
  return kv.key.length + kv.value.length + RECORD_BYTES;
}

/** The event that a watcher is sent for a change. */
export function eventOf({ kind, kv }: Change, prevKv?: KeyValue): Event {
  return { type: kind === "put" ? Event_EventType.PUT : Event_EventType.DELETE, kv, prevKv };
}

/** Whether the change made a key that was not there. */
export function isCreate({ kind, kv }: Change): boolean {
  return kind === "put" && kv.createRevision === kv.modRevision;
}
