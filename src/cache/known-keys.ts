import type { KeyValue } from "../model/key-value.ts";
import type { KeyId } from "./key-id.ts";

/** What whoever takes the steps has so far: the steps are the difference to it. It changes only between two steps. */
export interface KnownKeys {
  /** The key as it was last known. */
  get(id: KeyId): KeyValue | undefined;
  has(id: KeyId): boolean;
  /** Whether it is known, and by the same write. In another cluster the same revision may be another one, so the values count. */
  isSame(id: KeyId, kv: KeyValue): boolean;
  ids(): Iterable<KeyId>;
  /** Whether `previous` of what is applied is looked at. If not, it is left out. */
  readonly wantsPrevious: boolean;
}

/** What stands in a map, by whoever keeps that. */
export function knownIn(map: ReadonlyMap<KeyId, KeyValue>): KnownKeys {
  return {
    get: (id) => map.get(id),
    has: (id) => map.has(id),
    isSame: (id, kv) => isSameWrite(map.get(id), kv),
    ids: () => map.keys(),
    wantsPrevious: true,
  };
}

const NOT_UTF8 = "\uFFFD";

/** By their text, if that says it all: to look at the bytes of a key that is cached would make a view, which stays with it. */
export function isSameWrite(a: KeyValue | undefined, b: KeyValue): boolean {
  if (a?.modRevision !== b.modRevision || a.createRevision !== b.createRevision || a.version !== b.version) return false;
  const { valueText } = a;
  return valueText === b.valueText && (!valueText.includes(NOT_UTF8) || a.value.equals(b.value));
}
