import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import { deepFreeze } from "./freeze.ts";
import type { InformerChange } from "./informer-change.ts";
import type { InformerSettings } from "./informer-options.ts";
import { cachedId, type KeyId, keyId, keyTextOf } from "./key-id.ts";
import type { ApplyChange, DeleteChange, KeyChange, ListWatchStep } from "./list-watch-step.ts";
import type { KnownKeys } from "./known-keys.ts";
import { Store } from "./store.ts";

/**
 * The keys as they are at one revision. It goes from one whole revision to the next: a list is held back until it is complete, so that
 * nobody sees a half of it.
 */
export class Picture<Value> {
  readonly store: Store<Value>;
  /** For whoever makes the steps. */
  readonly known: KnownKeys;
  readonly #decode: (kv: KeyValue) => Value;
  readonly #freeze: boolean;
  readonly #decodeErrors = new Map<KeyId, { readonly key: string; readonly error: unknown }>();
  /** The difference that a list has found so far; undefined while none is under way. */
  #listed: KeyChange[] | undefined;
  #revision: Revision = 0n;
  isSynced = false;

  constructor({ decode, freeze, indexes }: InformerSettings<Value>) {
    this.#decode = decode;
    this.#freeze = freeze;
    const store = new Store(indexes);
    this.store = store;
    this.known = {
      get: (id) => store.get(id)?.kv,
      has: (id) => store.get(id) !== undefined,
      isSame: (id, kv) => store.get(id)?.isSame(kv) === true,
      *ids() {
        for (const [id] of store.entries()) yield id;
      },
      wantsPrevious: false,
    };
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Keys that cannot be decoded, with what was thrown. */
  decodeErrors(): ReadonlyMap<string, unknown> {
    return new Map([...this.#decodeErrors.values()].map(({ key, error }) => [key, error]));
  }

  /** Takes a step, and tells what has changed by it. */
  take(step: ListWatchStep): InformerChange<Value>[] {
    switch (step.type) {
      case "listing":
        this.#listed = []; // what an earlier list found, which broke, counts for nothing
        return [];
      case "changes":
        if (this.#listed === undefined) return this.#apply(step.changes, step.revision);
        for (const change of step.changes) this.#listed.push(change);
        return [];
      case "synced": {
        const changes = this.#apply(this.#listed ?? [], step.revision);
        this.#listed = undefined;
        this.isSynced = true;
        return changes;
      }
      case "bookmark":
        if (step.revision > this.#revision) this.#revision = step.revision;
        return [];
    }
  }

  entries(prefix: KeyId): [string, Value][] {
    const found: [string, Value][] = [];
    for (const [id, { value }] of this.store.entries())
      if (value !== undefined && id.startsWith(prefix)) found.push([keyTextOf(id), value]);
    return found;
  }

  /** The state that a new reader begins with: an add for each key, and an error for each that cannot be decoded. */
  *asAdds(): Iterable<InformerChange<Value>> {
    for (const [id, entry] of this.store.entries()) {
      const { kv, value } = entry; // the one is made anew each time
      const common = { key: kv.keyText, revision: this.#revision, kv };
      if (value !== undefined) yield { type: "add", ...common, value, previous: undefined, isInitial: true };
      const failed = this.#decodeErrors.size === 0 ? undefined : this.#decodeErrors.get(id);
      if (failed !== undefined) yield { type: "error", ...common, value: undefined, previous: value, error: failed.error };
    }
  }

  *asResync(): Iterable<InformerChange<Value>> {
    for (const [, entry] of this.store.entries()) {
      if (entry.value === undefined) continue;
      const { kv, value } = entry;
      yield { type: "update", key: kv.keyText, revision: this.#revision, kv, value, previous: value, isResync: true };
    }
  }

  #apply(changes: readonly KeyChange[], revision: Revision): InformerChange<Value>[] {
    this.#revision = revision;
    const told: InformerChange<Value>[] = [];
    for (const change of changes) {
      const what = change.type === "apply" ? this.#set(change) : this.#delete(change);
      if (what !== undefined) told.push(what);
    }
    return told;
  }

  #set({ kv }: ApplyChange): InformerChange<Value> {
    const id = cachedId(kv);
    const previous = this.store.get(id)?.value;
    const common = { key: kv.keyText, revision: this.#revision, kv };
    let value: Value;
    try {
      value = this.#decoded(kv);
      this.store.set(kv, value);
    } catch (error) {
      this.#decodeErrors.set(id, { key: common.key, error });
      this.store.keepValue(kv);
      return { type: "error", ...common, value: undefined, previous, error };
    }
    if (this.#decodeErrors.size > 0) this.#decodeErrors.delete(id);
    if (previous === undefined) return { type: "add", ...common, value, previous: undefined, isInitial: false };
    return { type: "update", ...common, value, previous, isResync: false };
  }

  #decoded(kv: KeyValue): Value {
    const value = this.#decode(kv);
    if (value === undefined)
      throw new TypeError(`decode must make a value of ${JSON.stringify(kv.keyText)}, got undefined, which stands for no key`);
    return this.#freeze ? deepFreeze(value) : value;
  }

  /** Also told of a key that never had a value: it is in `decodeErrors` no longer. */
  #delete({ key, isFinalStateUnknown }: DeleteChange): InformerChange<Value> | undefined {
    const id = keyId(key);
    const entry = this.store.get(id);
    this.store.delete(id);
    this.#decodeErrors.delete(id);
    if (entry === undefined) return undefined;
    const { kv, value: previous } = entry;
    return { type: "delete", key: kv.keyText, revision: this.#revision, kv, value: undefined, previous, isFinalStateUnknown };
  }
}
