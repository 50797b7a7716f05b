import type { ResponseHeader } from "../../gen/rpc.ts";

/** A header that says the revision and nothing else: what stands inside a transaction's answer, and what a service fills in further. */
export function revisionHeader(revision: bigint): ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision, raftTerm: 0n };
}
