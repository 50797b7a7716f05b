import { Event_EventType } from "../../../src/gen/kv.ts";
import { WatchResponse } from "../../../src/gen/rpc.ts";
import { grpcMessage } from "./http2-frames.ts";

/** The revision before the first event. From 2^28 to 2^35 a varint has five bytes, so that a revision can be written over another one. */
export const FIRST_REVISION = 2 ** 28;

// As large as real ones, which are random.
export const CLUSTER_ID = 14_841_639_068_965_178_418n;
export const MEMBER_ID = 10_276_657_743_932_975_437n;
const RAFT_TERM = 3n;

/** As long as a time in ns; the last bytes of a value that carries one. */
export const TIME_DIGITS = 20;

const PLACEHOLDER = 0x5aa5_a55an;
/** Tag 3 as a varint, which is `revision` in a header and `mod_revision` in a key, with the placeholder. */
const PLACEHOLDER_FIELD = Buffer.from([0x18, 0xda, 0xca, 0x96, 0xd5, 0x05]);

/** One watch response of etcd's form, as gRPC frames it, and where in it the revisions and the time are. */
export class ResponseTemplate {
  readonly bytes: Buffer;
  readonly events: number;
  readonly #headerRevisionAt: number;
  readonly #modRevisionsAt: readonly number[];

  constructor({ watchId, events, valueBytes }: { watchId: bigint; events: number; valueBytes: number }) {
    const kv = {
      key: Buffer.from("bench/key-0000000000001"),
      createRevision: BigInt(FIRST_REVISION),
      modRevision: PLACEHOLDER,
      version: 3n,
      value: Buffer.alloc(valueBytes, "v"),
      lease: 0n,
    };
    const message = WatchResponse.encode({
      ...WatchResponse.create(),
      header: { clusterId: CLUSTER_ID, memberId: MEMBER_ID, revision: PLACEHOLDER, raftTerm: RAFT_TERM },
      watchId,
      events: Array.from({ length: events }, () => ({ type: Event_EventType.PUT, kv, prevKv: undefined })),
    }).finish();
    this.bytes = grpcMessage(message);
    this.events = events;
    const [headerRevisionAt = 0, ...modRevisionsAt] = positionsOf(this.bytes, PLACEHOLDER_FIELD);
    if (modRevisionsAt.length !== events) throw new Error(`Of ${events} revisions ${modRevisionsAt.length} were found`);
    this.#headerRevisionAt = headerRevisionAt + 1;
    this.#modRevisionsAt = modRevisionsAt.map((position) => position + 1);
  }

  /** Writes the revisions into a copy of the message that begins at `offset` of `target`. */
  number(target: Buffer, offset: number, firstRevision: number): void {
    let revision = firstRevision;
    for (const at of this.#modRevisionsAt) writeRevision(target, offset + at, revision++);
    writeRevision(target, offset + this.#headerRevisionAt, revision - 1);
  }

  /** A copy for one event that says when it was sent. */
  stamped(revision: number): Buffer {
    const copy = Buffer.from(this.bytes);
    this.number(copy, 0, revision);
    stamp(copy);
    return copy;
  }
}

/** Writes the time over the last bytes of a message, which are those of the value. */
export function stamp(message: Buffer): void {
  message.write(String(process.hrtime.bigint()).padStart(TIME_DIGITS, "0"), message.length - TIME_DIGITS, "latin1");
}

function writeRevision(target: Buffer, at: number, revision: number): void {
  target[at] = (revision & 0x7f) | 0x80;
  target[at + 1] = ((revision >>> 7) & 0x7f) | 0x80;
  target[at + 2] = ((revision >>> 14) & 0x7f) | 0x80;
  target[at + 3] = ((revision >>> 21) & 0x7f) | 0x80;
  target[at + 4] = revision >>> 28;
}

function positionsOf(bytes: Buffer, part: Buffer): number[] {
  const positions: number[] = [];
  for (let at = bytes.indexOf(part); at !== -1; at = bytes.indexOf(part, at + part.length)) positions.push(at);
  return positions;
}
