import type { GrpcStatusName } from "./grpc-status.ts";

export interface ServerError {
  readonly code: GrpcStatusName;
  readonly message: string;
}

/** What etcd says, word for word, and the gRPC code it says it with (api/v3rpc/rpctypes/error.go of etcd 3.6). */
export const serverErrors = {
  emptyKey: { code: "INVALID_ARGUMENT", message: "etcdserver: key is not provided" },
  keyNotFound: { code: "INVALID_ARGUMENT", message: "etcdserver: key not found" },
  valueProvided: { code: "INVALID_ARGUMENT", message: "etcdserver: value is provided" },
  leaseProvided: { code: "INVALID_ARGUMENT", message: "etcdserver: lease is provided" },
  tooManyOps: { code: "INVALID_ARGUMENT", message: "etcdserver: too many operations in txn request" },
  duplicateKey: { code: "INVALID_ARGUMENT", message: "etcdserver: duplicate key given in txn request" },
  invalidSortOption: { code: "INVALID_ARGUMENT", message: "etcdserver: invalid sort option" },
  compacted: { code: "OUT_OF_RANGE", message: "etcdserver: mvcc: required revision has been compacted" },
  futureRevision: { code: "OUT_OF_RANGE", message: "etcdserver: mvcc: required revision is a future revision" },
  noSpace: { code: "RESOURCE_EXHAUSTED", message: "etcdserver: mvcc: database space exceeded" },
  leaseNotFound: { code: "NOT_FOUND", message: "etcdserver: requested lease not found" },
  leaseExists: { code: "FAILED_PRECONDITION", message: "etcdserver: lease already exists" },
  leaseTtlTooLarge: { code: "OUT_OF_RANGE", message: "etcdserver: too large lease TTL" },
  watchCanceled: { code: "CANCELLED", message: "etcdserver: watch canceled" },
  requestTooLarge: { code: "INVALID_ARGUMENT", message: "etcdserver: request is too large" },
  tooManyRequests: { code: "RESOURCE_EXHAUSTED", message: "etcdserver: too many requests" },
  rootUserNotExist: { code: "FAILED_PRECONDITION", message: "etcdserver: root user does not exist" },
  rootRoleNotGranted: { code: "FAILED_PRECONDITION", message: "etcdserver: root user does not have root role" },
  userAlreadyExists: { code: "FAILED_PRECONDITION", message: "etcdserver: user name already exists" },
  userEmpty: { code: "INVALID_ARGUMENT", message: "etcdserver: user name is empty" },
  userNotFound: { code: "FAILED_PRECONDITION", message: "etcdserver: user name not found" },
  roleAlreadyExists: { code: "FAILED_PRECONDITION", message: "etcdserver: role name already exists" },
  roleNotFound: { code: "FAILED_PRECONDITION", message: "etcdserver: role name not found" },
  roleEmpty: { code: "INVALID_ARGUMENT", message: "etcdserver: role name is empty" },
  authFailed: { code: "INVALID_ARGUMENT", message: "etcdserver: authentication failed, invalid user ID or password" },
  permissionNotGiven: { code: "INVALID_ARGUMENT", message: "etcdserver: permission not given" },
  permissionDenied: { code: "PERMISSION_DENIED", message: "etcdserver: permission denied" },
  roleNotGranted: { code: "FAILED_PRECONDITION", message: "etcdserver: role is not granted to the user" },
  permissionNotGranted: { code: "FAILED_PRECONDITION", message: "etcdserver: permission is not granted to the role" },
  authNotEnabled: { code: "FAILED_PRECONDITION", message: "etcdserver: authentication is not enabled" },
  invalidAuthToken: { code: "UNAUTHENTICATED", message: "etcdserver: invalid auth token" },
  invalidAuthManagement: { code: "INVALID_ARGUMENT", message: "etcdserver: invalid auth management" },
  authOldRevision: { code: "INVALID_ARGUMENT", message: "etcdserver: revision of auth store is old" },
  noLeader: { code: "UNAVAILABLE", message: "etcdserver: no leader" },
  notLeader: { code: "FAILED_PRECONDITION", message: "etcdserver: not leader" },
  leaderChanged: { code: "UNAVAILABLE", message: "etcdserver: leader changed" },
  notCapable: { code: "FAILED_PRECONDITION", message: "etcdserver: not capable" },
  stopped: { code: "UNAVAILABLE", message: "etcdserver: server stopped" },
  timeout: { code: "UNAVAILABLE", message: "etcdserver: request timed out" },
  unhealthy: { code: "UNAVAILABLE", message: "etcdserver: unhealthy cluster" },
  corrupt: { code: "DATA_LOSS", message: "etcdserver: corrupt cluster" },
  notSupportedForLearner: { code: "FAILED_PRECONDITION", message: "etcdserver: rpc not supported for learner" },
  clusterIdMismatch: { code: "FAILED_PRECONDITION", message: "etcdserver: cluster ID mismatch" },
} as const satisfies Record<string, ServerError>;

/** Reasons that a refused watch carries without a status in front (mvcc/watcher.go). */
export const watchRefusals = {
  emptyRange: "mvcc: watcher range is empty",
  duplicateId: "mvcc: duplicate watch ID provided on the WatchStream",
} as const;
