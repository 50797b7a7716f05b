import type * as wire from "../gen/rpc.ts";
import { jsonInteger, jsonObject } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";

/** How one member is. */
export class StatusResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** The server's version, such as "3.5.30". */
  readonly version: string;
  /** Bytes that its database takes on the disk. */
  readonly dbSize: bigint;
  /** Bytes of those that are in use. */
  readonly dbSizeInUse: bigint;
  /** Bytes that it may take. Requires etcd 3.6; 0n before. */
  readonly dbSizeQuota: bigint;
  /** The id of the member that leads, as this one sees it. 0n: none. */
  readonly leader: bigint;
  /** The last entry of the log that is committed, as this member knows. */
  readonly raftIndex: bigint;
  /** The term, which grows with every election. */
  readonly raftTerm: bigint;
  /** The last entry of the log that has been applied to this member's store. */
  readonly raftAppliedIndex: bigint;
  /** What is wrong with it, in its own words. */
  readonly errors: readonly string[];
  /** Whether it only learns, and has no vote. */
  readonly isLearner: boolean;
  /** The version of what is on its disk. Requires etcd 3.6; empty before. */
  readonly storageVersion: string;
  /** Whether the cluster is being downgraded, and to which version. Requires etcd 3.6. */
  readonly downgradeInfo: { readonly enabled: boolean; readonly targetVersion: string } | undefined;

  /** @internal */
  constructor(message: wire.StatusResponse) {
    this.header = ResponseHeader.from(message.header);
    this.version = message.version;
    this.dbSize = message.dbSize;
    this.dbSizeInUse = message.dbSizeInUse;
    this.dbSizeQuota = message.dbSizeQuota;
    this.leader = message.leader;
    this.raftIndex = message.raftIndex;
    this.raftTerm = message.raftTerm;
    this.raftAppliedIndex = message.raftAppliedIndex;
    this.errors = message.errors;
    this.isLearner = message.isLearner;
    this.storageVersion = message.storageVersion;
    this.downgradeInfo = message.downgradeInfo;
  }

  /** As `etcdctl endpoint status -w json` prints it under "Status", ids as strings. */
  toJSON(): Record<string, unknown> {
    const { downgradeInfo } = this;
    return jsonObject({
      header: this.header.toJSON(),
      version: this.version,
      dbSize: jsonInteger(this.dbSize),
      leader: this.leader === 0n ? undefined : String(this.leader),
      raftIndex: jsonInteger(this.raftIndex),
      raftTerm: jsonInteger(this.raftTerm),
      raftAppliedIndex: jsonInteger(this.raftAppliedIndex),
      errors: this.errors.length === 0 ? undefined : this.errors,
      dbSizeInUse: jsonInteger(this.dbSizeInUse),
      isLearner: this.isLearner,
      storageVersion: this.storageVersion,
      dbSizeQuota: jsonInteger(this.dbSizeQuota),
      downgradeInfo: downgradeInfo && jsonObject({ ...downgradeInfo }),
    });
  }
}
