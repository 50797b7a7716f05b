/** Which etcd to answer as: the current one, or the 3.4.23 that Debian 12 ships. */
export type Compatibility = "latest" | "3.4.23";

/** Where the versions differ as far as a client can see. */
export interface Behaviour {
  readonly version: string;
  /** "when-synced": answered through the event queue if every watch of the stream is synced, else not. "at-once": always, and ahead of events. */
  readonly manualProgress: "when-synced" | "at-once";
  /** Whether progress is withheld while the store is below a watch's start revision (etcd#20221). */
  readonly progressWaitsForStart: boolean;
  /** Whether a negative start revision is refused at the create. */
  readonly refusesNegativeStart: boolean;
  /** Whether a tombstone at exactly the compacted revision can still be watched (etcd#18089). */
  readonly keepsTombstoneAtCompaction: boolean;
  /** Whether a compacted watch waits when its stream is full, rather than going on with a gap (etcd#17529). */
  readonly compactedWaitsWhenFull: boolean;
  /** Whether an open-ended range needs permission for all of it (GHSA-xg4h-6gfc-h4m8). */
  readonly checksOpenEndedPermission: boolean;
  /** Whether a token is ignored while authentication is off. */
  readonly ignoresTokenWithoutAuth: boolean;
  /** Whether compaction and Status need the root role, and lease calls and MemberList a user, while authentication is on. */
  readonly guardsAdminCalls: boolean;
  /** Whether permission is asked for nested transactions too, and for the old pair and the lease of a put inside a transaction. */
  readonly checksTxnInDepth: boolean;
  /** Whether a permission for a range that ends before it begins is refused. */
  readonly checksGrantedRange: boolean;
  /** Whether the keys of a lease are told only to those who may read them. */
  readonly checksKeysOfLease: boolean;
  /** Whether the AuthStatus call is there. */
  readonly hasAuthStatus: boolean;
}

export const behaviours: Readonly<Record<Compatibility, Behaviour>> = {
  latest: {
    version: "3.5.30",
    manualProgress: "when-synced",
    progressWaitsForStart: true,
    refusesNegativeStart: true,
    keepsTombstoneAtCompaction: true,
    compactedWaitsWhenFull: true,
    checksOpenEndedPermission: true,
    ignoresTokenWithoutAuth: true,
    guardsAdminCalls: true,
    checksTxnInDepth: true,
    checksGrantedRange: true,
    checksKeysOfLease: true,
    hasAuthStatus: true,
  },
  "3.4.23": {
    version: "3.4.23",
    manualProgress: "at-once",
    progressWaitsForStart: false,
    refusesNegativeStart: false,
    keepsTombstoneAtCompaction: false,
    compactedWaitsWhenFull: false,
    checksOpenEndedPermission: false,
    ignoresTokenWithoutAuth: false,
    guardsAdminCalls: false,
    checksTxnInDepth: false,
    checksGrantedRange: false,
    checksKeysOfLease: false,
    hasAuthStatus: false,
  },
};
