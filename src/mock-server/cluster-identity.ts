import type { ResponseHeader } from "../gen/rpc.ts";
import { randomId } from "./seeded-random.ts";

/** A fresh single-node etcd has had one election by the time it answers. */
const FIRST_TERM = 2n;

/** Who answers: what stands in every header beside the revision. */
export class ClusterIdentity {
  clusterId: bigint;
  readonly memberId: bigint;
  raftTerm = FIRST_TERM;

  constructor(random: () => number) {
    this.clusterId = randomId(random);
    this.memberId = randomId(random);
  }

  header(revision: bigint): ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.memberId, revision, raftTerm: this.raftTerm };
  }
}
