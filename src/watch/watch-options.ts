import { type Key, type KeyRange, keyRange, type KeyRangeOptions } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import type { Namespace } from "../model/namespace.ts";
import { type Revision, toRevision } from "../model/revision.ts";
import type { Metadata } from "../transport/transport.ts";
import { checkOptions, checkSignal, type OptionKinds, showValue } from "../util/option-check.ts";

/** How much may wait for a slow reader, and what then. */
export interface WatchBufferOptions {
  /** Bytes of answers that may wait to be read, as they came over the wire. Default 4 MiB. One answer more may be held. */
  readonly maxBytes?: number;
  /**
   * `"park"` (default): the server's watch is cancelled, and created again where it left off once the reader has caught up below half.
   * `"fail"`: the watch ends with a `SlowConsumerError` after what is buffered.
   */
  readonly whenFull?: "park" | "fail";
}

/** What to watch, from where on, and what to be told. */
export interface WatchOptions<Value = unknown> extends KeyRangeOptions {
  /** The first revision to see. 0 and none are "from now". One in the future is quiet until the store gets there. */
  readonly startRevision?: bigint | number;
  /** Put the key as it was before on each event. Default false. */
  readonly prevKv?: boolean;
  /** Have the server tell now and then up to where a quiet watch has seen everything. Default false. */
  readonly progressNotify?: boolean;
  /** Begin with a response that says the watch is registered. Default false. */
  readonly createdNotify?: boolean;
  /** Have the server split large answers; they are put together again here. Default false. */
  readonly fragment?: boolean;
  /** What not to send: puts, deletes. */
  readonly filters?: readonly ("noput" | "nodelete")[];
  /** End the stream of a member that has lost the leader, and go to another one. Default true; clientv3's is false, and then silent. */
  readonly requireLeader?: boolean;
  /** Extra gRPC metadata. Watches of equal metadata and `requireLeader` share one stream, others never do. */
  readonly metadata?: Metadata;
  /** Aborting it cancels the watch; the loop ends without an error. */
  readonly signal?: AbortSignal;
  /** Default: the client's `watchBuffer`. */
  readonly buffer?: WatchBufferOptions;
  /** Makes a value of each put's `kv`, found as `event.value`. What it throws is found as `event.decodeError`. */
  readonly decode?: (kv: KeyValue) => Value;
}

/** Options with their defaults, checked. What does not change over the life of a watch. */
export interface WatchSpec {
  /** As the server has it. */
  readonly range: KeyRange;
  /** Taken off the keys of events. */
  readonly namespace: Namespace | undefined;
  readonly startRevision: Revision;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly createdNotify: boolean;
  readonly fragment: boolean;
  readonly filters: readonly ("noput" | "nodelete")[];
  readonly maxBytes: number;
  readonly whenFull: "park" | "fail";
}

export const DEFAULT_WATCH_BUFFER: Required<WatchBufferOptions> = { maxBytes: 4 * 1024 * 1024, whenFull: "park" };

const watchKinds: OptionKinds<WatchOptions> = {
  prefix: "flag",
  rangeEnd: "value",
  fromKey: "flag",
  startRevision: "value",
  prevKv: "flag",
  progressNotify: "flag",
  createdNotify: "flag",
  fragment: "flag",
  filters: "value",
  requireLeader: "flag",
  metadata: "value",
  signal: "value",
  buffer: "value",
  decode: "value",
};

const NO_FILTERS: readonly [] = [];

const bufferKinds: OptionKinds<WatchBufferOptions> = { maxBytes: "value", whenFull: "value" };

/**
 * @throws {TypeError} for an option that a watch does not have, two ranges at once, or a value of the wrong type
 * @throws {RangeError} for a revision or a number of bytes out of range
 */
export function watchSpec(
  key: Key,
  options: WatchOptions,
  defaults: { namespace?: Namespace | undefined; buffer: Required<WatchBufferOptions> },
): WatchSpec {
  checkOptions(options, watchKinds, "watch");
  const { startRevision = 0n, decode } = options;
  if (decode !== undefined && typeof (decode as unknown) !== "function")
    throw new TypeError(`decode must be a function, got ${showValue(decode)}`);
  checkSignal(options.signal);
  const range = keyRange(key, options);
  return {
    range: defaults.namespace?.watchRange(range) ?? range,
    namespace: defaults.namespace,
    startRevision: toRevision(startRevision, "startRevision"),
    prevKv: options.prevKv ?? false,
    progressNotify: options.progressNotify ?? false,
    createdNotify: options.createdNotify ?? false,
    fragment: options.fragment ?? false,
    filters: checkedFilters(options.filters),
    ...watchBuffer(options.buffer, defaults.buffer),
  };
}

/** @throws {RangeError} if `maxBytes` is no positive integer; {TypeError} if `whenFull` is neither word, or there is another option */
export function watchBuffer(
  options: WatchBufferOptions = {},
  defaults: Required<WatchBufferOptions> = DEFAULT_WATCH_BUFFER,
  what = "buffer",
): Required<WatchBufferOptions> {
  checkOptions(options, bufferKinds, what);
  const { maxBytes = defaults.maxBytes, whenFull = defaults.whenFull } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0)
    throw new RangeError(`${what}.maxBytes must be a positive integer, got ${showValue(maxBytes)}`);
  if (!["park", "fail"].includes(whenFull)) throw new TypeError(`${what}.whenFull must be "park" or "fail", got ${showValue(whenFull)}`);
  return { maxBytes, whenFull };
}

/** A copy: what the caller does to the array later must not change a watch that is resumed. */
function checkedFilters(filters: readonly ("noput" | "nodelete")[] = NO_FILTERS): readonly ("noput" | "nodelete")[] {
  if (filters === NO_FILTERS) return NO_FILTERS;
  const given: unknown = filters;
  if (!Array.isArray(given)) throw new TypeError(`filters must be an array of "noput" and "nodelete", got ${showValue(given)}`);
  for (const filter of filters) {
    if (!["noput", "nodelete"].includes(filter)) throw new TypeError(`filters must be of "noput" and "nodelete", got ${showValue(filter)}`);
  }
  return [...filters];
}
