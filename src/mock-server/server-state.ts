import type { Clock } from "../util/clock.ts";
import type { AuthStore } from "./auth/auth-store.ts";
import type { Authorizer } from "./auth/authorizer.ts";
import type { Behaviour } from "./behaviour.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import type { LeaseExpiry } from "./store/lease-expiry.ts";
import type { Lessor } from "./store/lessor.ts";
import type { WatchableStore } from "./store/watchable-store.ts";

/** What the server takes, as etcd's flags of the same names set it. */
export interface ServerLimits {
  /** Largest request that is taken, in bytes as it stands in etcd's log. Default 1.5 MiB. */
  readonly maxRequestBytes: number;
  /** Operations and comparisons in one transaction. Default 128. */
  readonly maxTxnOps: number;
  /** Between two progress messages of a watch that asked for them; a tenth more at random. Default 10 minutes, 100 ms at least. */
  readonly progressNotifyIntervalMs: number;
}

/** What the services share. It outlives a restart. */
export interface ServerState {
  readonly store: WatchableStore;
  readonly leases: Lessor;
  readonly leaseExpiry: LeaseExpiry;
  readonly auth: AuthStore;
  readonly authorizer: Authorizer;
  readonly identity: ClusterIdentity;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: ServerLimits;
  readonly metrics: ServerMetrics;
  /** What the member calls itself, and where clients find it. */
  readonly name: string;
  readonly clientUrl: () => string;
}
