import { inspect } from "node:util";
import { asBigInt, asInt64, type Int64 } from "./int64.ts";
import { jsonInteger, jsonObject } from "./json-form.ts";
import type { Revision } from "./revision.ts";

interface ResponseHeaderFields {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: Revision;
  readonly raftTerm: bigint;
}

/** What etcd says of itself with every answer. */
export class ResponseHeader {
  /** The cluster: any unsigned 64-bit number. */
  readonly clusterId: bigint;
  /** The member that answered. */
  readonly memberId: bigint;
  /** @internal */
  readonly revision64: Int64;
  private readonly raftTerm64: Int64;

  /** @internal For the decoder, which makes one for each answer. */
  constructor(clusterId: bigint, memberId: bigint, revision: Int64, raftTerm: Int64) {
    this.clusterId = clusterId;
    this.memberId = memberId;
    this.revision64 = revision;
    this.raftTerm64 = raftTerm;
  }

  /** A server may leave the header out; every field then counts as 0 (etcd-io/etcd#21706). @internal */
  static from(header: ResponseHeaderFields | undefined): ResponseHeader {
    if (header === undefined) return NO_HEADER;
    return new ResponseHeader(header.clusterId, header.memberId, asInt64(header.revision), asInt64(header.raftTerm));
  }

  /** The store's revision when the server answered. Of a watch response: not the last event's, it may be ahead. */
  get revision(): Revision {
    return asBigInt(this.revision64);
  }

  /** The term, which grows with every election. */
  get raftTerm(): bigint {
    return asBigInt(this.raftTerm64);
  }

  /** For `console.log()`. @internal */
  [inspect.custom](): ResponseHeaderFields {
    const { clusterId, memberId, revision, raftTerm } = this;
    return { clusterId, memberId, revision, raftTerm };
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

const NO_HEADER = new ResponseHeader(0n, 0n, 0, 0);
