import type { KeyValue } from "../model/key-value.ts";
import { type Entry, entryOf } from "./entry.ts";
import { cachedId, type KeyId } from "./key-id.ts";

/** Under which names a value is found in an index: any number of them. */
export type IndexFunction<Value> = (value: Value, kv: KeyValue) => readonly string[] | string | undefined;

interface Index<Value> {
  readonly of: IndexFunction<Value>;
  readonly ids: Map<string, Set<KeyId>>;
  /** Under which names each key is there: asked again, the function might say something else. Those without a name are left out. */
  readonly namesOf: Map<KeyId, readonly string[]>;
}

/** Keys and what was made of their values, found by key or by index. What readers get of it at one time is of one revision. */
export class Store<Value> {
  readonly #entries = new Map<KeyId, Entry<Value>>();
  readonly #indexes = new Map<string, Index<Value>>();

  constructor(indexes: Readonly<Record<string, IndexFunction<Value>>> = {}) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, ids: new Map(), namesOf: new Map() });
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

  /** @throws what an index function throws, and then has done nothing */
  set(kv: KeyValue, value: Value): void {
    const names = [...this.#indexes.values()].map((index) => ({ index, names: namesOf(index.of(value, kv)) }));
    const id = this.#set(entryOf(kv, value));
    for (const { index, names: found } of names) rename(index, id, found);
  }

  /** The key as it is now, with the value and in the indexes that it had: the new one is of no use. */
  keepValue(kv: KeyValue): void {
    this.#set(entryOf(kv, this.#entries.get(cachedId(kv))?.value));
  }

  delete(id: KeyId): void {
    this.#entries.delete(id);
    for (const index of this.#indexes.values()) rename(index, id, []);
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

  #set(entry: Entry<Value>): KeyId {
    this.#entries.set(entry.id, entry);
    return entry.id;
  }
}

function rename<Value>({ ids, namesOf: current }: Index<Value>, id: KeyId, names: readonly string[]): void {
  for (const name of current.get(id) ?? []) {
    const found = ids.get(name);
    found?.delete(id);
    if (found?.size === 0) ids.delete(name);
  }
  if (names.length > 0) current.set(id, names);
  else current.delete(id);
  for (const name of names) {
    const found = ids.get(name);
    if (found === undefined) ids.set(name, new Set([id]));
    else found.add(id);
  }
}

/** A copy: the function may hand out an array of the value's own. */
function namesOf(names: readonly string[] | string | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === "string" ? [names] : [...names];
}
