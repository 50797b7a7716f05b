import { Compare_CompareResult, Compare_CompareTarget } from "../../gen/rpc.ts";
import type { Compare } from "../../gen/rpc.ts";
import type { KeyValue } from "../../gen/kv.ts";
import { compareBytes, NO_BYTES } from "../../util/bytes.ts";
import { keySpan } from "./key-text.ts";
import type { ReadView } from "./read-view.ts";
import { compareInt64 } from "./range-query.ts";

const MISSING: KeyValue = { key: NO_BYTES, value: NO_BYTES, createRevision: 0n, modRevision: 0n, version: 0n, lease: 0n };

/** Whether every comparison holds. None at all hold. */
export function allHold(view: ReadView, compares: readonly Compare[]): boolean {
  return compares.every((compare) => holds(view, compare));
}

function holds(view: ReadView, compare: Compare): boolean {
  const { kvs } = view.range(keySpan(compare.key, compare.rangeEnd));
  if (kvs.length > 0) return kvs.every((kv) => pairHolds(compare, kv));
  // An empty value and no value look the same on the wire, so that a comparison of the value of a missing key never holds.
  return compare.target !== Compare_CompareTarget.VALUE && pairHolds(compare, MISSING);
}

function pairHolds(compare: Compare, kv: KeyValue): boolean {
  const order = orderOf(compare, kv);
  switch (compare.result) {
    case Compare_CompareResult.EQUAL:
      return order === 0;
    case Compare_CompareResult.NOT_EQUAL:
      return order !== 0;
    case Compare_CompareResult.GREATER:
      return order > 0;
    case Compare_CompareResult.LESS:
      return order < 0;
    default: // a number that this version does not know: etcd lets it pass
      return true;
  }
}

/** The pair against the target. A target that the request left out, or of another kind than it names, counts as zero. */
function orderOf({ target, targetUnion }: Compare, kv: KeyValue): number {
  switch (target) {
    case Compare_CompareTarget.VALUE:
      return compareBytes(kv.value, targetUnion?.$case === "value" ? targetUnion.value : NO_BYTES);
    case Compare_CompareTarget.CREATE:
      return compareInt64(kv.createRevision, targetUnion?.$case === "createRevision" ? targetUnion.value : 0n);
    case Compare_CompareTarget.MOD:
      return compareInt64(kv.modRevision, targetUnion?.$case === "modRevision" ? targetUnion.value : 0n);
    case Compare_CompareTarget.VERSION:
      return compareInt64(kv.version, targetUnion?.$case === "version" ? targetUnion.value : 0n);
    case Compare_CompareTarget.LEASE:
      return compareInt64(kv.lease, targetUnion?.$case === "lease" ? targetUnion.value : 0n);
    default:
      return 0;
  }
}
