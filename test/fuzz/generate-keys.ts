import { Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from "../../src/gen/rpc.ts";
import type { Dice } from "./dice.ts";
import { autoLease, fromBase, fromCompacted, fromNow } from "./symbolic-number.ts";

/**
 * Few enough that they collide all the time, and fewer than the twelve from which on Go's sort may change the order of equals: below
 * that it is an insertion sort, and what Range answers is fixed.
 */
const KEYS = ["a", "aa", "b", "b/1", "b/2", "c", "\0", "\xff", "m"];
const VALUES = ["", "1", "1", "2", "a longer value"];
const ALL = "\0";
export const LEASES: readonly bigint[] = [1n, 2n, 3n, -7n];

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

export function someKey(dice: Dice): Buffer {
  return dice.chance(2) ? bytes("") : bytes(dice.of(KEYS));
}

/** Where a range ends, with every odd form there is. */
export function someEnd(dice: Dice, key: Buffer): Buffer {
  return dice.weighted<() => Buffer>([
    [6, () => bytes("")],
    [1, () => bytes(ALL)],
    [3, () => bytes("c")],
    [2, () => bytes("b0")],
    [2, () => bytes(dice.of(KEYS))],
    [1, () => key],
    [1, () => Buffer.concat([key, bytes("\0")])],
  ])();
}

function someSpan(dice: Dice): { key: Buffer; rangeEnd: Buffer } {
  const key = someKey(dice);
  return { key, rangeEnd: someEnd(dice, key) };
}

/** A revision somewhere in what the run has written, or just outside. */
export function someRevision(dice: Dice): bigint {
  return dice.weighted<() => bigint>([
    [8, () => fromNow(-dice.below(6))],
    [3, () => fromBase(dice.below(12))],
    [2, () => fromCompacted(dice.between(-1, 1))],
    [1, () => fromNow(dice.between(1, 3))],
    [1, () => BigInt(dice.between(-2, 3))],
    [0.3, () => 2n ** 62n],
  ])();
}

export function someLease(dice: Dice): bigint {
  return dice.weighted<() => bigint>([
    [6, () => dice.of(LEASES)],
    [2, () => autoLease(dice.below(2))],
    [1, () => 99n],
  ])();
}

const seldom = <T>(dice: Dice, percent: number, make: () => T, otherwise: T): T => (dice.chance(percent) ? make() : otherwise);

export function someRange(dice: Dice): RangeRequest {
  return RangeRequest.fromPartial({
    ...(dice.chance(40) ? { key: bytes(ALL), rangeEnd: bytes(ALL) } : someSpan(dice)),
    limit: seldom(dice, 30, () => BigInt(dice.between(-1, 4)), 0n),
    revision: seldom(dice, 30, () => someRevision(dice), 0n),
    sortOrder: dice.of([0, 0, 1, 2] as const),
    // A target that etcd does not know ends the process of 3.4 and 3.5, and is not tried.
    sortTarget: dice.of([0, 0, 1, 2, 3, 4] as const),
    serializable: dice.chance(20),
    keysOnly: dice.chance(15),
    countOnly: dice.chance(15),
    minModRevision: seldom(dice, 10, () => someRevision(dice), 0n),
    maxModRevision: seldom(dice, 10, () => someRevision(dice), 0n),
    minCreateRevision: seldom(dice, 10, () => someRevision(dice), 0n),
    maxCreateRevision: seldom(dice, 10, () => someRevision(dice), 0n),
  });
}

export function somePut(dice: Dice): PutRequest {
  const ignoreValue = dice.chance(10);
  const ignoreLease = dice.chance(10);
  return PutRequest.fromPartial({
    key: someKey(dice),
    value: ignoreValue && !dice.chance(15) ? bytes("") : bytes(dice.of(VALUES)),
    lease: ignoreLease && !dice.chance(15) ? 0n : seldom(dice, 30, () => someLease(dice), 0n),
    prevKv: dice.chance(40),
    ignoreValue,
    ignoreLease,
  });
}

export function someDelete(dice: Dice): DeleteRangeRequest {
  return DeleteRangeRequest.fromPartial({ ...someSpan(dice), prevKv: dice.chance(50) });
}

function someCompare(dice: Dice): Compare {
  const target = dice.of([0, 1, 2, 3, 4] as const);
  const union: Compare["targetUnion"] = dice.of<() => NonNullable<Compare["targetUnion"]>>([
    () => ({ $case: "version", value: BigInt(dice.below(4)) }),
    () => ({ $case: "createRevision", value: seldom(dice, 70, () => someRevision(dice), 0n) }),
    () => ({ $case: "modRevision", value: seldom(dice, 70, () => someRevision(dice), 0n) }),
    () => ({ $case: "value", value: bytes(dice.of(VALUES)) }),
    () => ({ $case: "lease", value: seldom(dice, 50, () => someLease(dice), 0n) }),
  ])();
  const fitting = (["version", "createRevision", "modRevision", "value", "lease"] as const)[target];
  const key = someKey(dice);
  return Compare.fromPartial({
    result: dice.of([0, 0, 1, 2, 3] as const),
    target,
    key,
    rangeEnd: seldom(dice, 30, () => someEnd(dice, key), bytes("")),
    // The union may be left out or be of another kind than the target says.
    ...(union.$case === fitting || dice.chance(15) ? { targetUnion: union } : {}),
  });
}

function someOperation(dice: Dice, depth: number): RequestOp {
  const request = dice.weighted<() => RequestOp["request"]>([
    [3, () => ({ $case: "requestRange", value: someRange(dice) })],
    [6, () => ({ $case: "requestPut", value: somePut(dice) })],
    [2, () => ({ $case: "requestDeleteRange", value: someDelete(dice) })],
    [depth > 0 ? 3 : 0, () => ({ $case: "requestTxn", value: someNested(dice, depth - 1) })],
    [0.2, () => undefined],
  ])();
  return RequestOp.fromPartial({ ...(request !== undefined && { request }) });
}

function someNested(dice: Dice, depth: number): TxnRequest {
  return TxnRequest.fromPartial({
    compare: dice.list(dice.below(3), () => someCompare(dice)),
    success: dice.list(dice.below(4), () => someOperation(dice, depth)),
    failure: dice.list(dice.below(3), () => someOperation(dice, depth)),
  });
}

/** Around the limit of 128 operations, in one list and split over two levels. Of keys that are not there: see above for why not to put. */
function crowdedTxn(dice: Dice): TxnRequest {
  const deletes = (count: number): RequestOp[] =>
    dice.list(count, () => RequestOp.fromPartial({ request: { $case: "requestDeleteRange", value: { key: bytes("z") } } }));
  if (dice.chance(50)) return TxnRequest.fromPartial({ success: deletes(dice.of([127, 128, 129])) });
  const inner = TxnRequest.fromPartial({ failure: deletes(dice.of([1, 64, 65])) });
  return TxnRequest.fromPartial({ success: [{ request: { $case: "requestTxn", value: inner } }, ...deletes(63)] });
}

export function someTxn(dice: Dice): TxnRequest {
  if (dice.chance(2)) return crowdedTxn(dice);
  const txn = someNested(dice, 2);
  return endsEtcd(txn) ? someTxn(dice) : txn;
}

/**
 * An open-ended delete is not seen by etcd's check for overlaps (v3rpc/key.go), so that a put beside it may want to keep the value or
 * the lease of a key that is gone by then: the server ends itself over it (etcdserver/apply.go).
 */
function endsEtcd({ success, failure }: TxnRequest): boolean {
  const all = flatten([...success, ...failure]);
  const deletesOpenEnded = all.some(
    ({ request }) => request?.$case === "requestDeleteRange" && Buffer.from(request.value.rangeEnd).equals(bytes(ALL)),
  );
  return (
    deletesOpenEnded &&
    all.some(({ request }) => request?.$case === "requestPut" && (request.value.ignoreValue || request.value.ignoreLease))
  );
}

function flatten(operations: readonly RequestOp[]): RequestOp[] {
  return operations.flatMap((operation) => {
    const { request } = operation;
    return request?.$case === "requestTxn" ? flatten([...request.value.success, ...request.value.failure]) : [operation];
  });
}
