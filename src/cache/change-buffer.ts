import { Deque } from "../util/deque.ts";
import { cachedId, type KeyId } from "./key-id.ts";
import type { InformerChange } from "./informer-change.ts";

/**
 * Changes that a reader has not taken. Up to a limit each of them; beyond it those of one key become one, so that a reader who never
 * comes holds at most one for each key, and still ends up with the right picture.
 */
export class ChangeBuffer<Value> {
  readonly #limit: number;
  readonly #changes = new Deque<InformerChange<Value>>();
  /** Where merging is worth while again: what could not be merged must not be gone through with every change. */
  #mergeAt: number;

  constructor({ limit }: { limit: number }) {
    this.#limit = limit;
    this.#mergeAt = limit;
  }

  get size(): number {
    return this.#changes.size;
  }

  /** The keys that have a change here. */
  ids(): Set<KeyId> {
    const ids = new Set<KeyId>();
    for (const change of this.#changes) ids.add(cachedId(change.kv));
    return ids;
  }

  push(change: InformerChange<Value>): void {
    this.#changes.push(change);
    if (this.#changes.size > this.#mergeAt) this.#merge();
  }

  shift(): InformerChange<Value> | undefined {
    return this.#changes.shift();
  }

  clear(): void {
    this.#changes.clear();
  }

  #merge(): void {
    const merged = new Map<KeyId, InformerChange<Value>>();
    for (const change of this.#changes) {
      const id = cachedId(change.kv);
      const earlier = merged.get(id);
      merged.delete(id); // a key stands where it changed last
      const both = earlier === undefined ? change : mergeChanges(earlier, change);
      if (both !== undefined) merged.set(id, both);
    }
    this.#changes.clear();
    for (const change of merged.values()) this.#changes.push(change);
    this.#mergeAt = Math.max(this.#limit, this.#changes.size * 2);
  }
}

/** Two changes of one key as one; undefined if they come to nothing. */
function mergeChanges<Value>(earlier: InformerChange<Value>, later: InformerChange<Value>): InformerChange<Value> | undefined {
  const { key, revision, kv } = later;
  if (later.type === "delete") return earlier.type === "add" ? undefined : { ...later, previous: earlier.previous ?? later.previous };
  if (later.type === "error") return { ...later, previous: earlier.previous };
  if (earlier.type === "add")
    return { type: "add", key, revision, kv, value: later.value, previous: undefined, isInitial: earlier.isInitial };
  if (earlier.previous === undefined) return { type: "add", key, revision, kv, value: later.value, previous: undefined, isInitial: false };
  const isResync = earlier.type === "update" && earlier.isResync && later.type === "update" && later.isResync;
  return { type: "update", key, revision, kv, value: later.value, previous: earlier.previous, isResync };
}
