import {
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
  WatchCreateRequest,
} from "../../src/gen/rpc.ts";
import { Dice } from "./dice.ts";
import { LEASES, someDelete, someEnd, someKey, someLease, somePut, someRange, someRevision, someTxn } from "./generate-keys.ts";
import type { Operation, StreamNumber } from "./operation.ts";
import { fromBase, fromCompacted, fromNow } from "./symbolic-number.ts";

const KIB = 1024;

export interface GenerateOptions {
  readonly seed: number;
  readonly count: number;
  /** Whether the server forgets a tombstone at the compacted revision, but only once the compaction has come to it. */
  readonly forgetsTombstones: boolean;
}

/** A random sequence of operations, the same for the same options. */
export function generate({ seed, count, forgetsTombstones }: GenerateOptions): Operation[] {
  const dice = new Dice(seed);
  const labels = { created: 0 };
  // A run in many is about what is large or many, which takes its time.
  const flavour = dice.weighted([
    [80, "ordinary"],
    [14, "tombstone"],
    [4, "large"],
    [2, "many"],
  ] as const);
  const operations: Operation[] = dice.list(count, () => someStep(dice, labels, forgetsTombstones));
  // Not always: an empty store has its own answers.
  if (dice.chance(80)) operations.unshift(...furniture(dice));
  const somewhere = dice.below(operations.length + 1);
  if (flavour === "large") operations.splice(somewhere, 0, ...largeOnes(dice, labels));
  if (flavour === "tombstone") operations.splice(somewhere, 0, ...compactedDelete(dice, labels));
  if (flavour === "many") {
    operations.splice(somewhere, 0, { kind: "many-puts", key: someKeyOf(dice), count: dice.of([990, 1000, 1010, 2010]) });
    operations.push({ ...someCreate(dice, labels), settle: true }, { kind: "settle" });
  }
  return operations;
}

/** Keys and leases to begin with: without them, most of what follows would find nothing. */
function furniture(dice: Dice): Operation[] {
  const grants = dice.list(2, (): Operation => ({ kind: "call", call: "leaseGrant", request: someGrant(dice) }));
  const puts = dice.list(8, (): Operation => ({ kind: "call", call: "put", request: somePut(dice) }));
  return [...grants, ...puts];
}

interface Labels {
  created: number;
}

function someStep(dice: Dice, labels: Labels, forgetsTombstones: boolean): Operation {
  return dice.weighted<() => Operation>([
    [22, () => ({ kind: "call", call: "put", request: somePut(dice) })],
    [10, () => ({ kind: "call", call: "range", request: someRange(dice) })],
    [4, () => ({ kind: "call", call: "deleteRange", request: someDelete(dice) })],
    [18, () => ({ kind: "call", call: "txn", request: someTxn(dice) })],
    [4, () => someCompaction(dice, forgetsTombstones)],
    [12, () => someLeaseOperation(dice)],
    [14, () => someCreate(dice, labels)],
    [6, () => someCancel(dice, labels)],
    [5, () => ({ kind: "progress", stream: someStream(dice) })],
    [1, () => ({ kind: "progress-without-watch", after: dice.of(["nothing", "a cancel"]) })],
    [1, () => ({ kind: "empty-request", stream: someStream(dice) })],
    [3, () => ({ kind: "settle" })],
  ])();
}

const someStream = (dice: Dice): StreamNumber => (dice.chance(70) ? 0 : 1);

function someKeyOf(dice: Dice): Buffer {
  const key = someKey(dice);
  return key.length > 0 ? key : someKeyOf(dice);
}

function someCompaction(dice: Dice, forgetsTombstones: boolean): Operation {
  const revision = dice.weighted<() => bigint>([
    [6, () => fromNow(-dice.below(5))],
    [2, () => fromBase(dice.below(8))],
    [2, () => fromCompacted(dice.between(-1, 1))],
    [1, () => fromNow(dice.between(1, 2))],
    [1, () => BigInt(dice.between(-1, 2))],
  ])();
  // Without `physical` etcd answers before anything is deleted. That only shows where a tombstone at the revision itself goes too.
  const request = CompactionRequest.fromPartial({ revision, physical: forgetsTombstones || dice.chance(50) });
  return { kind: "call", call: "compact", request };
}

/** Leases long enough for their ends not to come, and others that are gone before they could end. */
function someLeaseOperation(dice: Dice): Operation {
  const id = someLease(dice);
  return dice.weighted<() => Operation>([
    [6, () => ({ kind: "call", call: "leaseGrant", request: someGrant(dice) })],
    [3, () => ({ kind: "call", call: "leaseRevoke", request: { ID: id } })],
    [3, () => ({ kind: "call", call: "leaseTimeToLive", request: { ID: id, keys: dice.chance(70) } })],
    [1, () => ({ kind: "call", call: "leaseLeases", request: {} })],
    [2, () => ({ kind: "keep-alive", leaseId: id })],
    [1, () => ({ kind: "brief-lease", ttlSeconds: BigInt(dice.between(-1, 4)) })],
  ])();
}

function someGrant(dice: Dice): LeaseGrantRequest {
  const id = dice.chance(25) ? 0n : dice.of(LEASES);
  return LeaseGrantRequest.fromPartial({ ID: id, TTL: dice.of([1000n, 1000n, 5000n, 9_000_000_000n, 9_000_000_001n]) });
}

function someCreate(dice: Dice, labels: Labels): Extract<Operation, { kind: "create" }> {
  const key = dice.chance(15) ? Buffer.from([0]) : someKey(dice);
  const request = WatchCreateRequest.fromPartial({
    key,
    rangeEnd: dice.chance(25) ? Buffer.from([0]) : someEnd(dice, key),
    startRevision: dice.chance(45) ? 0n : someRevision(dice),
    progressNotify: dice.chance(20),
    prevKv: dice.chance(40),
    fragment: dice.chance(20),
    watchId: dice.chance(35) ? dice.of([1n, 2n, 3n, 5n, -5n]) : 0n,
    filters: dice.chance(20) ? dice.of([[0], [1], [0, 1], [1, 1]] as const).slice() : [],
  });
  return { kind: "create", stream: someStream(dice), label: labels.created++, settle: dice.chance(60), request };
}

function someCancel(dice: Dice, labels: Labels): Operation {
  const stream = someStream(dice);
  if (dice.chance(20)) return { kind: "cancel-id", stream, watchId: BigInt(dice.between(-2, 6)) };
  return { kind: "cancel", stream, label: dice.below(labels.created + 1), settle: dice.chance(75) };
}

/** A watch from a revision that was compacted and deleted a key: rare among random ones, and the versions differ. */
function compactedDelete(dice: Dice, labels: Labels): Operation[] {
  const key = Buffer.from("c");
  const put: Operation = { kind: "call", call: "put", request: PutRequest.fromPartial({ key }) };
  const remove: Operation = { kind: "call", call: "deleteRange", request: DeleteRangeRequest.fromPartial({ key }) };
  // The marker is written between the two if a stream is open.
  const compact: Operation = {
    kind: "call",
    call: "compact",
    request: CompactionRequest.fromPartial({ revision: fromNow(-dice.below(2)), physical: true }),
  };
  const create = someCreate(dice, labels);
  return [
    put,
    remove,
    compact,
    { ...create, request: { ...create.request, key, rangeEnd: Buffer.alloc(0), startRevision: fromCompacted(0) } },
  ];
}

/** Requests past the limits, and events of which a few are more than one response carries. */
function largeOnes(dice: Dice, labels: Labels): Operation[] {
  const value = (kib: number): Buffer => Buffer.alloc(kib * KIB, dice.below(256));
  const put = (kib: number): Operation => ({
    kind: "call",
    call: "put",
    request: PutRequest.fromPartial({ key: someKeyOf(dice), value: value(kib) }),
  });
  const pair = (key: string): RequestOp =>
    RequestOp.fromPartial({ request: { $case: "requestPut", value: { key: Buffer.from(key), value: value(700) } } });
  const both = (): Operation => ({ kind: "call", call: "txn", request: TxnRequest.fromPartial({ success: [pair("b"), pair("c")] }) });
  const watchAll = (startRevision: bigint): Operation => {
    const { request, ...create } = someCreate(dice, labels);
    const everything = {
      key: Buffer.from([0]),
      rangeEnd: Buffer.from([0]),
      filters: [],
      fragment: dice.chance(80),
      prevKv: dice.chance(80),
    };
    return { ...create, request: { ...request, ...everything, startRevision } };
  };
  return [put(1600), put(3000), put(900), put(1400), watchAll(0n), both(), both(), put(800), watchAll(fromBase(1)), both()];
}
