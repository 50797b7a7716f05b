import { jsonInteger, jsonObject } from "./json-form.ts";
import type { Revision } from "./revision.ts";

/** What etcd says of itself with every answer. */
export class ResponseHeader {
  /** The cluster: any unsigned 64-bit number. */
  readonly clusterId: bigint;
  /** The member that answered. */
  readonly memberId: bigint;
  /** The store's revision when the server answered. Of a watch response: not the last event's, it may be ahead. */
  readonly revision: Revision;
  /** The term, which grows with every election. */
  readonly raftTerm: bigint;

  /** @internal */
  constructor({ clusterId, memberId, revision, raftTerm }: { clusterId: bigint; memberId: bigint; revision: Revision; raftTerm: bigint }) {
    this.clusterId = clusterId;
    this.memberId = memberId;
    this.revision = revision;
    this.raftTerm = raftTerm;
  }

  /** A server may leave the header out; every field then counts as 0 (etcd-io/etcd#21706). */
  static from(header: { clusterId: bigint; memberId: bigint; revision: bigint; raftTerm: bigint } | undefined): ResponseHeader {
    return header === undefined ? NO_HEADER : new ResponseHeader(header);
  }

  /** As etcd's JSON has it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({
      cluster_id: this.clusterId === 0n ? undefined : String(this.clusterId),
      member_id: this.memberId === 0n ? undefined : String(this.memberId),
      revision: jsonInteger(this.revision),
      raft_term: jsonInteger(this.raftTerm),
    });
  }
}

const NO_HEADER = new ResponseHeader({ clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n });
