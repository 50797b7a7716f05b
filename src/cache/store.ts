import type { KeyValue } from "../model/key-value.ts";
import { type KeyId, keyId } from "./key-id.ts";

/** A key that is cached. */
export interface Entry<Value> {
  readonly kv: KeyValue;
  /** What `decode` made of it; undefined if it never could. */
  readonly value: Value | undefined;
}

/** Under which names a value is found in an index: any number of them. */
export type IndexFunction<Value> = (value: Value, kv: KeyValue) => readonly string[] | string | undefined;

/** Keys and what was made of their values, found by key or by index. What readers get of it at one time is of one revision. */
export class Store<Value> {
  readonly #entries = new Map<KeyId, Entry<Value>>();
  readonly #indexes = new Map<string, { readonly of: IndexFunction<Value>; readonly ids: Map<string, Set<KeyId>> }>();

  constructor(indexes: Readonly<Record<string, IndexFunction<Value>>> = {}) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, ids: new Map() });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: KeyId): Entry<Value> | undefined {
    return this.#entries.get(id);
  }

  entries(): IterableIterator<[KeyId, Entry<Value>]> {
    return this.#entries.entries();
  }

  set(entry: Entry<Value>): void {
    const id = keyId(entry.kv.key);
    this.#unindex(id);
    this.#entries.set(id, entry);
    if (entry.value === undefined) return;
    for (const { of, ids } of this.#indexes.values()) {
      for (const name of namesOf(of(entry.value, entry.kv))) {
        const found = ids.get(name);
        if (found === undefined) ids.set(name, new Set([id]));
        else found.add(id);
      }
    }
  }

  delete(id: KeyId): void {
    this.#unindex(id);
    this.#entries.delete(id);
  }

  /** @throws {RangeError} if there is no such index */
  byIndex(index: string, name: string): Entry<Value>[] {
    const found = this.#indexes.get(index);
    if (found === undefined)
      throw new RangeError(`There is no index ${JSON.stringify(index)}, only ${[...this.#indexes.keys()].join(", ") || "none at all"}`);
    const entries: Entry<Value>[] = [];
    for (const id of found.ids.get(name) ?? []) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  #unindex(id: KeyId): void {
    const entry = this.#entries.get(id);
    if (entry?.value === undefined) return;
    for (const { of, ids } of this.#indexes.values()) {
      for (const name of namesOf(of(entry.value, entry.kv))) {
        const found = ids.get(name);
        found?.delete(id);
        if (found?.size === 0) ids.delete(name);
      }
    }
  }
}

function namesOf(names: readonly string[] | string | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === "string" ? [names] : names;
}
