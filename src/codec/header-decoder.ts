import { asBigInt, asInt64, type Int64 } from "../model/int64.ts";
import { ResponseHeader } from "../model/response-header.ts";
import { longVarint, NOT_PLAIN, positionAfter } from "./varint.ts";

// Tags of the fields, (number << 3) | wire type, as rpc.proto has them.
const CLUSTER_ID = 8;
const MEMBER_ID = 16;
const REVISION = 24;
const RAFT_TERM = 32;

/** Two tags and two varints. */
const MAX_IDS_BYTES = 22;

/**
 * The ids of the last header, as bytes and as bigints. One server sends the same ones with every answer, and bigints of 64 bits cost more
 * than all the rest of a small answer.
 */
let knownBytes = Buffer.alloc(0);
let knownClusterId = 0n;
let knownMemberId = 0n;

/**
 * The header in `bytes` from `position` to `end`.
 * @throws {NOT_PLAIN} if a field is not known here, has another type than its own, or does not fit
 */
export function decodeHeader(bytes: Buffer, position: number, end: number): ResponseHeader {
  let clusterId = 0n;
  let memberId = 0n;
  let revision: Int64 = 0;
  let raftTerm: Int64 = 0;
  const start = position;
  if (startsWithKnown(bytes, position, end)) {
    clusterId = knownClusterId;
    memberId = knownMemberId;
    position += knownBytes.length;
  }
  while (position < end) {
    const tag = bytes[position++];
    let number = bytes[position++] as Int64;
    if (!(number < 0x80)) {
      number = longVarint(bytes, position - 1);
      position = positionAfter;
    }
    if (tag === CLUSTER_ID) clusterId = asUint64(number);
    else if (tag === MEMBER_ID) {
      memberId = asUint64(number);
      // As etcd writes them, before anything else; a prefix with more in it would make the next header lose that.
      if (revision === 0 && raftTerm === 0 && position - start <= MAX_IDS_BYTES)
        remember(bytes.subarray(start, position), clusterId, memberId);
    } else if (tag === REVISION) revision = number;
    else if (tag === RAFT_TERM) raftTerm = typeof number === "number" ? number : asInt64(BigInt.asUintN(64, number));
    else throw NOT_PLAIN;
  }
  if (position !== end) throw NOT_PLAIN;
  return new ResponseHeader(clusterId, memberId, revision, raftTerm);
}

function startsWithKnown(bytes: Buffer, position: number, end: number): boolean {
  const { length } = knownBytes;
  if (length === 0 || position + length > end) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[position + index] !== knownBytes[index]) return false;
  }
  return true;
}

/** Whole fields, so that a header which begins with the same bytes has the same ids, unless it says otherwise further on. */
function remember(bytes: Buffer, clusterId: bigint, memberId: bigint): void {
  knownBytes = Buffer.from(bytes);
  knownClusterId = clusterId;
  knownMemberId = memberId;
}

function asUint64(value: Int64): bigint {
  return typeof value === "number" ? asBigInt(value) : BigInt.asUintN(64, value);
}
