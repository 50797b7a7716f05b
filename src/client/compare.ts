import { Compare_CompareResult as Result, Compare_CompareTarget as Target, type Compare } from "../gen/rpc.ts";
import { keyBytes, keyRange, type Key, type KeyRangeOptions } from "../model/key-range.ts";
import { toInt64, toRevision } from "../model/revision.ts";
import { checkOptions, showValue, type OptionKinds } from "../util/option-check.ts";
import type { Value } from "./put-request.ts";
import { keyRangeOptionKinds } from "./range-request.ts";

/** What all comparisons have. */
interface ComparisonBase extends KeyRangeOptions {
  /** The key to look at, or the first of a range. */
  readonly key: Key;
  /** How what is there must stand to `value`. */
  readonly result: "=" | "!=" | ">" | "<";
}

/** Compares a number of the key: how often it was written, the revision of its creation or of its last change, or the lease it hangs on. */
export interface NumberComparison extends ComparisonBase {
  /** Which number. */
  readonly target: "version" | "create" | "mod" | "lease";
  /** What to compare with. */
  readonly value: bigint | number;
}

/** Compares the key's value, bytewise. */
export interface ValueComparison extends ComparisonBase {
  /** The value itself. */
  readonly target: "value";
  /** What to compare with. */
  readonly value: Value;
}

/**
 * One condition of a transaction, such as `{ key: "leader", target: "create", result: "=", value: 0n }`: the key does not exist.
 * A key that is missing counts as 0, and fails any comparison of its value. Over a range, every key in it must satisfy the condition.
 */
export type TxnComparison = NumberComparison | ValueComparison;

const comparisonKinds: OptionKinds<NumberComparison> = {
  ...keyRangeOptionKinds,
  key: "value",
  target: "value",
  result: "value",
  value: "value",
};

const results: ReadonlyMap<unknown, Result> = new Map([
  ["=", Result.EQUAL],
  ["!=", Result.NOT_EQUAL],
  [">", Result.GREATER],
  ["<", Result.LESS],
]);

/** @throws {TypeError | RangeError} for what is no condition of etcd */
export function compareMessage(comparison: TxnComparison): Compare {
  checkOptions<object>(comparison, comparisonKinds, "compare");
  const result = results.get(comparison.result);
  // etcd takes a result that it does not know for "true".
  if (result === undefined)
    throw new TypeError(`result of compare must be one of ${[...results.keys()].join(" ")}, got ${showValue(comparison.result)}`);
  return { ...keyRange(comparison.key, comparison), result, ...targetFields(comparison) };
}

function targetFields(comparison: TxnComparison): Pick<Compare, "target" | "targetUnion"> {
  switch (comparison.target) {
    case "version":
      return { target: Target.VERSION, targetUnion: { $case: "version", value: toRevision(comparison.value, "value of compare version") } };
    case "create":
      return {
        target: Target.CREATE,
        targetUnion: { $case: "createRevision", value: toRevision(comparison.value, "value of compare create") },
      };
    case "mod":
      return { target: Target.MOD, targetUnion: { $case: "modRevision", value: toRevision(comparison.value, "value of compare mod") } };
    case "lease":
      return { target: Target.LEASE, targetUnion: { $case: "lease", value: toInt64(comparison.value, "value of compare lease") } };
    case "value":
      return { target: Target.VALUE, targetUnion: { $case: "value", value: keyBytes(comparison.value, "value of compare value") } };
    default: {
      const unreachable: never = comparison;
      throw new TypeError(`target of compare must be version, create, mod, value or lease, got ${showValue(unreachable)}`);
    }
  }
}
