import type { KeyValue } from "../model/key-value.ts";
import { checkOptions, checkSignal, type OptionKinds, showValue } from "../util/option-check.ts";
import type { ChangesOptions } from "./change-reader.ts";
import { type ListWatchOptions, listWatchSpec, rangeKinds, type ListWatchSpec } from "./list-watch-options.ts";
import type { IndexFunction } from "./store.ts";

/** What an `Informer` keeps, and how. */
export interface InformerOptions<Value = KeyValue> extends Omit<ListWatchOptions, "signal"> {
  /** Makes a value of a key. Default: the key as it is, a `KeyValue`. What it throws is reported for that key, and stops nothing. */
  readonly decode?: ((kv: KeyValue) => Value) | undefined;
  /** Names under which values are found by `byIndex()`. */
  readonly indexes?: Readonly<Record<string, IndexFunction<Value>>> | undefined;
  /** Freeze plain objects and arrays that `decode` makes, since readers share them. Default: unless NODE_ENV is "production". */
  readonly freeze?: boolean | undefined;
}

export interface InformerSettings<Value> {
  readonly spec: ListWatchSpec;
  readonly decode: (kv: KeyValue) => Value;
  readonly indexes: Readonly<Record<string, IndexFunction<Value>>>;
  readonly freeze: boolean;
}

const informerKinds: OptionKinds<InformerOptions<unknown>> = { ...rangeKinds, decode: "value", indexes: "value", freeze: "flag" };

/** @throws {TypeError} {RangeError} for options that are wrong */
export function informerSettings<Value>(options: InformerOptions<Value>): InformerSettings<Value> {
  checkOptions(options, informerKinds as OptionKinds<InformerOptions<Value>>, "Informer");
  const { decode = (kv: KeyValue) => kv as Value, indexes = {}, freeze = process.env["NODE_ENV"] !== "production" } = options;
  if (typeof (decode as unknown) !== "function") throw new TypeError(`decode must be a function, got ${showValue(decode)}`);
  for (const [name, index] of Object.entries(indexes))
    if (typeof (index as unknown) !== "function") throw new TypeError(`The index ${name} must be a function, got ${showValue(index)}`);
  return { spec: listWatchSpec(options), decode, indexes, freeze };
}

const changesKinds: OptionKinds<ChangesOptions> = { signal: "value", maxBuffered: "value", resyncIntervalMs: "value" };

const DEFAULT_MAX_BUFFERED = 10_000;
/** client-go has the same minimum: a resync tells of every key. */
const MIN_RESYNC_INTERVAL_MS = 1_000;

/** @throws {TypeError} {RangeError} for options that are wrong */
export function changesSettings(options: ChangesOptions): {
  readonly signal: AbortSignal | undefined;
  readonly maxBuffered: number;
  readonly resyncIntervalMs: number | undefined;
} {
  checkOptions(options, changesKinds, "changes");
  const { signal, maxBuffered = DEFAULT_MAX_BUFFERED, resyncIntervalMs } = options;
  if (!Number.isSafeInteger(maxBuffered) || maxBuffered <= 0)
    throw new RangeError(`maxBuffered must be a positive integer, got ${showValue(maxBuffered)}`);
  if (resyncIntervalMs !== undefined && !(resyncIntervalMs >= MIN_RESYNC_INTERVAL_MS))
    throw new RangeError(`resyncIntervalMs must be at least ${String(MIN_RESYNC_INTERVAL_MS)}, got ${showValue(resyncIntervalMs)}`);
  return { signal: checkSignal(signal), maxBuffered, resyncIntervalMs };
}
