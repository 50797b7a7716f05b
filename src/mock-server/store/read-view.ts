import type { KeyValue } from "../../gen/kv.ts";
import type { KeySpan } from "./key-text.ts";

export interface RangeOptions {
  /** 0 or below: now. */
  readonly revision?: bigint;
  readonly limit?: number;
  readonly countOnly?: boolean;
}

export interface RangeResult {
  readonly kvs: readonly Readonly<KeyValue>[];
  /** Keys in the span, whatever the limit. */
  readonly count: number;
  /** The store's revision when it was read. */
  readonly revision: bigint;
}

/** What can be read: the store as it stands, or as a transaction in progress has made it. */
export interface ReadView {
  readonly revision: bigint;
  readonly compactedRevision: bigint;
  range(span: KeySpan, options?: RangeOptions): RangeResult;
}
