import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";

/** What all changes tell. */
interface ChangeOf {
  /** The key as UTF-8 text; its bytes are `kv.key`. */
  readonly key: string;
  /** The informer's revision once it knew of this. */
  readonly revision: Revision;
}

/** What an informer's reader is told of a key. Per key in order; of a reader who is late, states that were overtaken are left out. */
export type InformerChange<Value> =
  | (ChangeOf & {
      /** A key that was not there before. */
      readonly type: "add";
      /** The key as it is on the server at that revision. */
      readonly kv: KeyValue;
      /** What `decode` made of `kv`. */
      readonly value: Value;
      /** There was none. */
      readonly previous: undefined;
      /** It was there before this reader came: part of the state that it begins with. */
      readonly isInitial: boolean;
    })
  | (ChangeOf & {
      /** A key that was written again. */
      readonly type: "update";
      /** The key as it is on the server at that revision. */
      readonly kv: KeyValue;
      /** What `decode` made of `kv`. */
      readonly value: Value;
      /** The value that was known before. */
      readonly previous: Value;
      /** Nothing has changed: the reader asked to be told of everything now and then. */
      readonly isResync: boolean;
    })
  | (ChangeOf & {
      /** A key that is gone. */
      readonly type: "delete";
      /** The key as it was last known. */
      readonly kv: KeyValue;
      /** There is none. */
      readonly value: undefined;
      /** Undefined of a key that `decode` never could read: its `error` is over. */
      readonly previous: Value | undefined;
      /** Found out by a list: it may have changed once more before it was deleted. */
      readonly isFinalStateUnknown: boolean;
    })
  /** `decode` threw, or made nothing, or an index function threw. The key keeps its last value, if it had one, until it can be decoded again. */
  | (ChangeOf & {
      /** A key of which no value could be made. */
      readonly type: "error";
      /** The key as it is on the server at that revision. */
      readonly kv: KeyValue;
      /** There is none. */
      readonly value: undefined;
      /** The value that is still known, if there was one. */
      readonly previous: Value | undefined;
      /** What was thrown. */
      readonly error: unknown;
    });
