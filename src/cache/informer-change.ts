import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";

interface ChangeOf {
  /** The key as UTF-8 text; its bytes are `kv.key`. */
  readonly key: string;
  /** The informer's revision once it knew of this. */
  readonly revision: Revision;
}

/** What an informer's reader is told of a key. Per key in order; of a reader who is late, states that were overtaken are left out. */
export type InformerChange<Value> =
  | (ChangeOf & {
      readonly type: "add";
      readonly kv: KeyValue;
      readonly value: Value;
      readonly previous: undefined;
      /** It was there before this reader came: part of the state that it begins with. */
      readonly isInitial: boolean;
    })
  | (ChangeOf & {
      readonly type: "update";
      readonly kv: KeyValue;
      readonly value: Value;
      readonly previous: Value;
      /** Nothing has changed: the reader asked to be told of everything now and then. */
      readonly isResync: boolean;
    })
  | (ChangeOf & {
      readonly type: "delete";
      /** The key as it was last known. */
      readonly kv: KeyValue;
      readonly value: undefined;
      /** Undefined of a key that `decode` never could read: its `error` is over. */
      readonly previous: Value | undefined;
      /** Found out by a list: it may have changed once more before it was deleted. */
      readonly isFinalStateUnknown: boolean;
    })
  /** `decode` threw, or made nothing, or an index function threw. The key keeps its last value, if it had one, until it can be decoded again. */
  | (ChangeOf & {
      readonly type: "error";
      readonly kv: KeyValue;
      readonly value: undefined;
      readonly previous: Value | undefined;
      readonly error: unknown;
    });
