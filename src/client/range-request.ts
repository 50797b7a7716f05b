import { RangeRequest_SortOrder as SortOrder, RangeRequest_SortTarget as SortTarget, type RangeRequest } from "../gen/rpc.ts";
import { keyRange, type Key, type KeyRangeOptions } from "../model/key-range.ts";
import { toRevision } from "../model/revision.ts";
import { checkOptions, showValue, type OptionKinds } from "../util/option-check.ts";

/** In which order keys come. */
export interface SortOptions {
  /** Default: "key". "create" and "mod" are the revisions. */
  readonly by?: "key" | "version" | "create" | "mod" | "value" | undefined;
  /** Default: "ascend". */
  readonly order?: "ascend" | "descend" | undefined;
}

/** What a read may ask for beside its key. */
export interface RangeOptions extends KeyRangeOptions {
  /** Read the store as it was at this revision. Default 0: as it is now. */
  readonly revision?: bigint | number | undefined;
  /** No more keys than this; `more` then says whether there are any. Default 0: all. */
  readonly limit?: bigint | number | undefined;
  /** Default: by key, ascending. The limit is applied after it. */
  readonly sort?: SortOptions | undefined;
  /** Take the answer of whichever member is asked, without a round through the cluster: faster, and perhaps out of date. */
  readonly serializable?: boolean | undefined;
  /** Leave out the values. */
  readonly keysOnly?: boolean | undefined;
  /** Only `count`, no keys. */
  readonly countOnly?: boolean | undefined;
  /** Leave out keys last changed before this revision. */
  readonly minModRevision?: bigint | number | undefined;
  /** Leave out keys last changed after this revision. */
  readonly maxModRevision?: bigint | number | undefined;
  /** Leave out keys created before this revision. */
  readonly minCreateRevision?: bigint | number | undefined;
  /** Leave out keys created after this revision. */
  readonly maxCreateRevision?: bigint | number | undefined;
}

export const keyRangeOptionKinds: OptionKinds<KeyRangeOptions> = { prefix: "flag", rangeEnd: "value", fromKey: "flag" };

export const rangeOptionKinds: OptionKinds<RangeOptions> = {
  ...keyRangeOptionKinds,
  revision: "value",
  limit: "value",
  sort: "value",
  serializable: "flag",
  keysOnly: "flag",
  countOnly: "flag",
  minModRevision: "value",
  maxModRevision: "value",
  minCreateRevision: "value",
  maxCreateRevision: "value",
};

const sortTargets: ReadonlyMap<unknown, SortTarget> = new Map([
  ["key", SortTarget.KEY],
  ["version", SortTarget.VERSION],
  ["create", SortTarget.CREATE],
  ["mod", SortTarget.MOD],
  ["value", SortTarget.VALUE],
]);

/** @throws {TypeError | RangeError} for a key or an option that etcd cannot take */
export function rangeRequest(key: Key, options: RangeOptions): RangeRequest {
  return {
    ...keyRange(key, options),
    limit: revisionOr0(options.limit, "limit"),
    revision: revisionOr0(options.revision, "revision"),
    ...sortFields(options.sort),
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: revisionOr0(options.minModRevision, "minModRevision"),
    maxModRevision: revisionOr0(options.maxModRevision, "maxModRevision"),
    minCreateRevision: revisionOr0(options.minCreateRevision, "minCreateRevision"),
    maxCreateRevision: revisionOr0(options.maxCreateRevision, "maxCreateRevision"),
  };
}

/** None is 0. Null is refused: it may well be a number that got lost. */
function revisionOr0(value: bigint | number | undefined, name: string): bigint {
  return value === undefined ? 0n : toRevision(value, name);
}

function sortFields(sort: SortOptions = {}): Pick<RangeRequest, "sortOrder" | "sortTarget"> {
  checkOptions(sort, { by: "value", order: "value" }, "sort");
  const { by = "key", order = "ascend" } = sort;
  const sortTarget = sortTargets.get(by);
  // etcd up to 3.5 panics on a target that it does not know.
  if (sortTarget === undefined) throw new TypeError(`sort.by must be one of ${[...sortTargets.keys()].join(", ")}, got ${showValue(by)}`);
  if (!["ascend", "descend"].includes(order)) throw new TypeError(`sort.order must be ascend or descend, got ${showValue(order)}`);
  if (order === "descend") return { sortTarget, sortOrder: SortOrder.DESCEND };
  // Keys come in ascending order anyway, and with any order named the server reads the whole range before it applies the limit.
  return { sortTarget, sortOrder: sortTarget === SortTarget.KEY ? SortOrder.NONE : SortOrder.ASCEND };
}
