import { type Key, type KeyRange, keyRange } from "../model/key-range.ts";
import { checkOptions, checkSignal, type OptionKinds, showValue } from "../util/option-check.ts";
import type { WatchBufferOptions, WatchOptions } from "../watch/watch-options.ts";

/** Which keys, and how they are listed and watched. Exactly one of `prefix` and `key` is needed. */
export interface ListWatchOptions {
  /** Every key that starts with this. An empty one is every key. */
  readonly prefix?: Key | undefined;
  /** This key; with `rangeEnd` or `fromKey`, those from it on. */
  readonly key?: Key | undefined;
  /** Every key from `key` up to this one, which is left out. */
  readonly rangeEnd?: Key | undefined;
  /** Every key from `key` on. */
  readonly fromKey?: boolean | undefined;
  /** How many keys to ask for at a time. Default 1,000. */
  readonly pageSize?: number | undefined;
  /** Extra gRPC metadata of the watch, as `WatchOptions.metadata`. */
  readonly metadata?: WatchOptions["metadata"];
  /** As `WatchOptions.requireLeader`. Default: the client's. */
  readonly requireLeader?: boolean | undefined;
  /** How much the watch may hold for a slow reader. Default: the client's. */
  readonly buffer?: WatchBufferOptions | undefined;
  /** Aborting it ends everything quietly. */
  readonly signal?: AbortSignal | undefined;
}

/** All but the signal, which an informer takes elsewhere. */
export const rangeKinds: OptionKinds<Omit<ListWatchOptions, "signal">> = {
  prefix: "value",
  key: "value",
  rangeEnd: "value",
  fromKey: "flag",
  pageSize: "value",
  metadata: "value",
  requireLeader: "flag",
  buffer: "value",
};

/** The same, checked, with its defaults. */
export interface ListWatchSpec {
  readonly range: KeyRange;
  readonly pageSize: number;
  readonly metadata: WatchOptions["metadata"];
  readonly requireLeader: boolean | undefined;
  readonly buffer: WatchBufferOptions | undefined;
}

const DEFAULT_PAGE_SIZE = 1_000;

/**
 * @throws {TypeError} unless exactly one of `prefix` and `key` is given, or for an option of the wrong type; {RangeError} for a page size
 * that is no positive integer
 */
export function listWatchSpec(options: ListWatchOptions): ListWatchSpec {
  const { prefix, key, rangeEnd, fromKey, pageSize = DEFAULT_PAGE_SIZE, metadata, requireLeader, buffer } = options;
  if (!Number.isSafeInteger(pageSize) || pageSize <= 0)
    throw new RangeError(`pageSize must be a positive integer, got ${showValue(pageSize)}`);
  checkSignal(options.signal);
  if (prefix !== undefined && (key !== undefined || rangeEnd !== undefined || fromKey !== undefined))
    throw new TypeError(`A prefix (${showValue(prefix)}) is the whole range: key, rangeEnd and fromKey do not go with it`);
  if (prefix === undefined && key === undefined) throw new TypeError(`Either prefix or key is needed, got ${showValue(options)}`);
  const range = prefix === undefined ? keyRange(key ?? "", { rangeEnd, fromKey }) : keyRange(prefix, { prefix: true });
  return { range, pageSize, metadata, requireLeader, buffer };
}

export function checkListWatchOptions(options: ListWatchOptions, what: string): ListWatchSpec {
  checkOptions(options, { ...rangeKinds, signal: "value" }, what);
  return listWatchSpec(options);
}
