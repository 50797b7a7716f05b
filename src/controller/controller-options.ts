import type { Informer } from "../cache/informer.ts";
import type { InformerChange } from "../cache/informer-change.ts";
import { changesSettings, type InformerOptions } from "../cache/informer-options.ts";
import type { TxnComparison } from "../client/compare.ts";
import { checkOptions, type OptionKinds, showValue } from "../util/option-check.ts";
import type { Reconcile } from "./reconcile.ts";
import type { RetryOptions } from "./retry-schedule.ts";

/** Another range whose changes call for work on keys of this controller: those that `keys` names. */
export interface ControllerSource<SourceValue = unknown> {
  /** It is started and stopped with the controller if it is idle; one that runs is left to its owner. */
  readonly informer: Informer<SourceValue>;
  /** Which keys of the controller a change concerns: none, one or more. */
  readonly keys: (change: InformerChange<SourceValue>) => readonly string[] | string | undefined;
}

/** What a controller may do for a key, for as long as `signal` is not aborted. */
export interface Permit {
  /** Put it into a transaction that writes: it is refused once another process is in charge of the key. */
  readonly fence: TxnComparison;
  /** Aborted when the permit ends. */
  readonly signal: AbortSignal;
}

/** A time in which this process may work. */
export interface LeadershipTerm {
  /** Aborted before another process can be in charge of all that this one was. */
  readonly signal: AbortSignal;
  /** What it may do for a key, asked before each run; undefined for a key that is another's. Default: any key is its own, without a fence. */
  readonly permit?: ((key: string) => Permit | undefined) | undefined;
  /** Calls back when keys have become its own that were not, with what tells which. Returns what ends it. */
  readonly onGained?: ((callback: (isGained: (key: string) => boolean) => void) => () => void) | undefined;
  /** Called when nothing works under it any more. */
  release(): Promise<void>;
}

/** Whoever says when a controller may run: an `Election`, a `Shard`. */
export interface Leadership {
  /** Resolves once this process leads, or has a share of the keys. Rejects with the signal's reason. */
  lead(options: { readonly signal: AbortSignal }): Promise<LeadershipTerm>;
}

/** What a `Controller` works on, and how. */
export interface ControllerOptions<Value> extends Omit<InformerOptions<Value>, "key" | "rangeEnd" | "fromKey"> {
  /** The work. Runs for one key at a time, and never twice at once for the same key. */
  readonly reconcile: Reconcile<Value>;
  /** Further sources. `any` since each has a value type of its own. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of sources with different values has no other type
  readonly sources?: readonly ControllerSource<any>[] | undefined;
  /** How many keys are worked on at once. A key never is twice. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long a key waits after a failure, and how many retries all keys together may have. */
  readonly retry?: RetryOptions | undefined;
  /** Work on every key again this often, in ms. At least 1,000. Default: never. */
  readonly resyncIntervalMs?: number | undefined;
  /** Run only while this leads (`Election`), or for the keys that it has (`Shard`). The cache is filled meanwhile. */
  readonly leader?: Leadership | undefined;
  /** How long the first lists may take, in ms, before `run()` fails. Default 120,000. */
  readonly syncTimeoutMs?: number | undefined;
  /** How long those that run may finish when the controller stops, in ms, before their signal is aborted. Default 30,000. */
  readonly drainTimeoutMs?: number | undefined;
}

const controllerKinds: OptionKinds<ControllerOptions<unknown>> = {
  prefix: "value",
  pageSize: "value",
  metadata: "value",
  requireLeader: "flag",
  buffer: "value",
  decode: "value",
  indexes: "value",
  freeze: "flag",
  reconcile: "value",
  sources: "value",
  concurrency: "value",
  retry: "value",
  resyncIntervalMs: "value",
  leader: "value",
  syncTimeoutMs: "value",
  drainTimeoutMs: "value",
};

const retryKinds: OptionKinds<RetryOptions> = { baseMs: "value", maxMs: "value", perSecond: "value", burst: "value" };

export interface ControllerSettings<Value> {
  /** The work. Runs for one key at a time, and never twice at once for the same key. */
  readonly reconcile: Reconcile<Value>;
  readonly sources: readonly ControllerSource[];
  readonly concurrency: number;
  readonly retry: RetryOptions;
  readonly resyncIntervalMs: number | undefined;
  readonly leader: Leadership | undefined;
  readonly syncTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly informer: InformerOptions<Value>;
}

/** @throws {TypeError} {RangeError} for options that are wrong */
export function controllerSettings<Value>(options: ControllerOptions<Value>): ControllerSettings<Value> {
  checkOptions(options, controllerKinds as OptionKinds<ControllerOptions<Value>>, "Controller");
  const {
    reconcile,
    sources = [],
    concurrency = 1,
    retry = {},
    resyncIntervalMs,
    leader,
    syncTimeoutMs = 120_000,
    drainTimeoutMs = 30_000,
    ...informer
  } = options;
  if (typeof (reconcile as unknown) !== "function") throw new TypeError(`reconcile must be a function, got ${showValue(reconcile)}`);
  if (!Number.isSafeInteger(concurrency) || concurrency <= 0)
    throw new RangeError(`concurrency must be a positive integer, got ${showValue(concurrency)}`);
  checkOptions(retry, retryKinds, "retry");
  changesSettings({ resyncIntervalMs }); // or it would be told when the lists are complete
  if (leader !== undefined && typeof (leader as Partial<Leadership>).lead !== "function")
    throw new TypeError(`leader must be an Election, a Shard, or what has a lead(), got ${showValue(leader)}`);
  for (const [name, value] of Object.entries({ ...retry, syncTimeoutMs, drainTimeoutMs }))
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} must be above 0, got ${showValue(value)}`);
  return { reconcile, sources, concurrency, retry, resyncIntervalMs, leader, syncTimeoutMs, drainTimeoutMs, informer };
}
