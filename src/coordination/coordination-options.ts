import type { Value } from "../client/put-request.ts";
import { type Key, keyBytes } from "../model/key-range.ts";
import { checkOptions, type OptionKinds, showValue } from "../util/option-check.ts";

/** What an `Election` and a `Shard` take. */
export interface CoordinationOptions {
  /** Where those who take part have their keys: the same for all of them, and nothing else is below it. A slash at its end is added. */
  readonly prefix: Key;
  /**
   * How long etcd waits for one that is silent before another takes its place, in seconds. Default 15. etcd grants no less than 2, and
   * up to a second more than was asked for passes until it acts.
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * How long before the lease could run out work is to stop, in ms. Default: a fifth of the lease's time. Less than two thirds, as a lease
   * is renewed when a third of its time is over.
   */
  readonly marginMs?: number | undefined;
  /** What others see of this one: its name, its address. Default: empty. */
  readonly value?: Value | undefined;
}

const coordinationKinds: OptionKinds<CoordinationOptions> = {
  prefix: "value",
  ttlSeconds: "value",
  marginMs: "value",
  value: "value",
};

/** The same, checked, with its defaults. */
export interface CoordinationSettings {
  /** With a slash at its end. */
  readonly prefix: Buffer;
  readonly ttlSeconds: number;
  readonly marginMs: number | undefined;
  readonly value: Buffer;
}

const DEFAULT_TTL_SECONDS = 15;
const MS_PER_SECOND = 1_000;
/** A lease is renewed when a third of its time is over: a margin that begins before that would be over at once. */
const LARGEST_MARGIN = 2 / 3;
/**
 * A renewal that is not answered by two thirds of the lease's time is sent elsewhere. With a fifth as margin that has half of what is left,
 * and nearly as much is left to stop the work.
 */
const DEFAULT_MARGIN = 1 / 5;
const SLASH = Buffer.from("/");

/** @throws {TypeError} {RangeError} for options that are wrong */
export function coordinationSettings(options: CoordinationOptions, what: string): CoordinationSettings {
  checkOptions(options, coordinationKinds, what);
  const { ttlSeconds = DEFAULT_TTL_SECONDS, marginMs, value = "" } = options;
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds <= 0)
    throw new RangeError(`ttlSeconds must be a positive integer, got ${showValue(ttlSeconds)}`);
  if (marginMs !== undefined && !(marginMs >= 0 && marginMs < ttlSeconds * MS_PER_SECOND * LARGEST_MARGIN))
    throw new RangeError(
      `marginMs must be from 0 to two thirds of the lease's time (${String(ttlSeconds)} s), got ${showValue(marginMs)}: lower it, or raise ttlSeconds`,
    );
  const prefix = keyBytes(options.prefix, "prefix");
  if (prefix.length === 0) throw new TypeError(`${what} needs a prefix of its own, got ${showValue(options.prefix)}`);
  return { prefix: withSlash(prefix), ttlSeconds, marginMs, value: keyBytes(value, "value") };
}

export function defaultMarginMs(ttlSeconds: number): number {
  return ttlSeconds * MS_PER_SECOND * DEFAULT_MARGIN;
}

/** As Go's concurrency.NewElection does, so that both can stand for one election. */
function withSlash(prefix: Buffer): Buffer {
  return prefix.at(-1) === SLASH[0] ? prefix : Buffer.concat([prefix, SLASH]);
}
