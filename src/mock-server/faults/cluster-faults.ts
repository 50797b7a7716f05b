import { serverErrors } from "../../errors/server-errors.ts";
import type { WatchResponse } from "../../gen/rpc.ts";
import type { Timer } from "../../util/clock.ts";
import type { ConnectionListener } from "../network/connection-listener.ts";
import { RefusedError } from "../refused-error.ts";
import { randomId } from "../seeded-random.ts";
import type { ServerState } from "../server-state.ts";
import type { OpenWatchCall } from "../services/watch-service.ts";
import { asksForLeader } from "./fault-injector.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { ClusterFaultsActions } from "./server-faults.ts";

/** Streams that ask for a leader are ended after three checks, an election timeout apart, have found none. */
const LEADERLESS_STREAM_MS = 3_000;

export interface ClusterFaultsOptions {
  readonly state: ServerState;
  readonly injector: FaultInjector;
  readonly listener: ConnectionListener;
  readonly sessions: ReadonlySet<OpenWatchCall>;
  readonly observers: Set<(response: WatchResponse) => void>;
}

/** With what is to be called when the server stops: no stream is left then whose patience could end. */
interface ClusterFaults extends ClusterFaultsActions {
  readonly stop: () => void;
}

/** How the faults of a cluster are brought about in a server that is no part of one. */
export function clusterFaults({ state, injector, listener, sessions, observers }: ClusterFaultsOptions): ClusterFaults {
  const { identity, store, leases, clock, random } = state;
  let patience: Timer | undefined;
  return {
    loseLeader() {
      injector.loseLeader();
      patience?.cancel();
      patience = clock.setTimer(LEADERLESS_STREAM_MS, () => {
        for (const session of [...sessions]) if (asksForLeader(session.metadata)) session.end(new RefusedError(serverErrors.noLeader));
      });
    },
    stop() {
      patience?.cancel();
    },
    electLeader() {
      if (injector.hasLeader) return;
      patience?.cancel();
      identity.raftTerm++;
      leases.renewAll(clock.nowMs());
      injector.electLeader();
    },
    changeClusterId() {
      identity.clusterId = randomId(random);
      listener.dropAll();
    },
    rollBack(revision) {
      for (const session of [...sessions]) session.close(); // before the store goes back: no watch may see that
      listener.dropAll();
      store.mvcc.rollBack(revision);
    },
    observeWatches(observer) {
      observers.add(observer);
      return () => {
        observers.delete(observer);
      };
    },
  };
}
