/**
 * The etcd Watch client: every change once, in order, whatever happens to the connection. With keys, leases, caches and controllers.
 *
 * @packageDocumentation
 * @module etcd-watch
 */

// For applications: the client and what it takes.
export { EtcdClient } from "./client/etcd-client.ts";
export type { ClientOptions, ClientWatchBufferOptions } from "./client/client-options.ts";
export type { AuthOptions } from "./transport/auth-token.ts";
export type { TlsOptions } from "./transport/credentials.ts";
export type { StateChange } from "./transport/connection-states.ts";
export type { Metadata } from "./transport/transport.ts";
export type { Logger } from "./util/logger.ts";

// Watching.
export { Watcher, type StreamProgressOptions } from "./watch/watcher.ts";
export type { WatchChannel } from "./watch/watch-channel.ts";
export type { WatchCreated } from "./watch/watch-created.ts";
export type { WatchStatus } from "./watch/watch-status.ts";
export type { WatchBufferOptions, WatchOptions } from "./watch/watch-options.ts";
export type { WatchResponse } from "./watch/watch-response.ts";
export type { ProgressRequestOptions } from "./watch/progress-request.ts";
export type { DeleteEvent, PutEvent, WatchEvent } from "./model/watch-event.ts";

// Keys as they are, and their changes: caches that survive compaction.
export { ListWatch, type ListWatchEvent } from "./cache/list-watch.ts";
export type { ListWatchOptions } from "./cache/list-watch-options.ts";
export type { ApplyChange, DeleteChange, ListCause } from "./cache/list-watch-step.ts";
export { Informer } from "./cache/informer.ts";
export type { InformerChange } from "./cache/informer-change.ts";
export type { InformerOptions } from "./cache/informer-options.ts";
export type { ChangesOptions } from "./cache/change-reader.ts";
export type { RevisionWaitOptions } from "./cache/revision-waiters.ts";
export type { IndexFunction } from "./cache/store.ts";

// Work from changes.
export { Controller } from "./controller/controller.ts";
export type { ControllerOptions, ControllerSource, Leadership, LeadershipTerm, Permit } from "./controller/controller-options.ts";
export type { ControllerMetrics, DurationMetrics, ReconcileOutcome } from "./controller/controller-metrics.ts";
export type { Reconcile, ReconcileContext, ReconcileResult } from "./controller/reconcile.ts";
export type { RetryOptions } from "./controller/retry-schedule.ts";
export { TerminalError } from "./controller/terminal-error.ts";

// One of many processes, or each its share.
export { Election } from "./coordination/election.ts";
export type { ElectionTerm } from "./coordination/election-term.ts";
export { Shard } from "./coordination/shard.ts";
export type { ShardTerm } from "./coordination/shard-term.ts";
export type { CoordinationOptions } from "./coordination/coordination-options.ts";

// Keys and values.
export type { CompactOptions, DeleteOptions, GetOptions, Kv, PutOptions } from "./client/kv.ts";
export type { CallOptions } from "./client/call-options.ts";
export type { SortOptions } from "./client/range-request.ts";
export type { Value } from "./client/put-request.ts";
export type { Txn, TxnDelete, TxnGet, TxnOperation, TxnPut } from "./client/txn-request.ts";
export type { NumberComparison, TxnComparison, ValueComparison } from "./client/compare.ts";
export type { CompactResponse, DeleteResponse, GetResponse, PutResponse } from "./client/kv-responses.ts";
export type { TxnResponseOf } from "./client/txn-answers.ts";
export type { TxnOperationResponse, TxnResponse } from "./client/txn-response.ts";

// Leases.
export type { KeepAliveOptions, Lease, LeaseGrantOptions, LeaseTimeToLiveOptions } from "./client/lease.ts";
export type { KeepAlive } from "./client/lease-keep-alive.ts";
export type { LeaseGrantResponse, LeaseKeepAliveResponse, LeaseLeasesResponse, LeaseTimeToLiveResponse } from "./client/lease-responses.ts";

// The cluster, and who may do what on it.
export type { Auth, PermissionOptions, UserAddOptions } from "./client/auth.ts";
export type {
  AuthenticateResponse,
  AuthStatusResponse,
  RoleGetResponse,
  RoleListResponse,
  UserGetResponse,
  UserListResponse,
} from "./client/auth-responses.ts";
export type { Cluster, MemberListOptions } from "./client/cluster.ts";
export type { HeaderResponse } from "./client/header-response.ts";
export type { Maintenance } from "./client/maintenance.ts";
export type { Member, MemberListResponse } from "./client/member-list-response.ts";
export type { PermissionType, RolePermission } from "./client/role-permission.ts";
export type { StatusResponse } from "./client/status-response.ts";

// etcd's nouns.
export type { Key, KeyRangeOptions } from "./model/key-range.ts";
export type { KeyValue } from "./model/key-value.ts";
export type { ResponseHeader } from "./model/response-header.ts";
export type { Revision } from "./model/revision.ts";

// How it is doing: metrics, and the messages of diagnostics channels.
export type { ClientMetrics } from "./client/client-metrics.ts";
export type { WatchEndCause } from "./watch/watch-counters.ts";
export type { DiagnosticsMessages } from "./controller/diagnostics-messages.ts";
export type { ConnectionDiagnostics } from "./transport/connection-states.ts";
export type { BrokenStream, StreamDiagnostics, StreamHappening } from "./watch/stream-report.ts";
export type { WatchDiagnostics, WatchHappening } from "./watch/watch-report.ts";
export type { RelistDiagnostics } from "./cache/relist-report.ts";
export type { ReconcileDiagnostics, ReconcileHappening } from "./controller/reconcile-report.ts";

// Errors: a class each, and a guard that works across two copies of the package.
export {
  ClosedError,
  ClusterChangedError,
  CompactedError,
  EtcdError,
  isClosedError,
  isClusterChangedError,
  isCompactedError,
  isEtcdError,
  isLeaseExpiredError,
  isProtocolError,
  isRpcError,
  isSlowConsumerError,
  isUnsupportedError,
  isWatchCanceledError,
  LeaseExpiredError,
  ProtocolError,
  RpcError,
  SlowConsumerError,
  UnsupportedError,
  WatchCanceledError,
} from "./errors/etcd-error.ts";
export type { GrpcStatusName } from "./errors/grpc-status.ts";
