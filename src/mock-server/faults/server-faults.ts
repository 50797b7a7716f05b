import type { WatchResponse } from "../../gen/rpc.ts";
import { ConnectionFaults } from "./connection-faults.ts";
import type { ConnectionFaultsOptions } from "./connection-faults.ts";

export interface ClusterFaultsActions {
  readonly loseLeader: () => void;
  readonly electLeader: () => void;
  readonly changeClusterId: () => void;
  readonly rollBack: (revision: bigint) => void;
  readonly observeWatches: (observer: (response: WatchResponse) => void) => () => void;
}

/** And what it can do to the cluster that the server seems to be part of. */
export class ServerFaults extends ConnectionFaults {
  readonly #actions: ClusterFaultsActions;

  /** @internal */
  constructor(options: ConnectionFaultsOptions, actions: ClusterFaultsActions) {
    super(options);
    this.#actions = actions;
  }

  /**
   * As if the member had lost touch with the rest. Calls that ask for a leader (metadata `hasleader: true`) fail at once, streams that did
   * so end after three seconds, the others stay silent, and reads and writes time out after seven seconds.
   */
  loseLeader(): void {
    this.#actions.loseLeader();
  }

  /** Ends that, one term later. */
  electLeader(): void {
    this.#actions.electLeader();
  }

  /** Another cluster answers from now on, as when an address has been given to another one. The data stays. Resets every connection. */
  changeClusterId(): void {
    this.#actions.changeClusterId();
  }

  /**
   * Takes the store back to a past revision, as a restore from a backup does. Resets every connection.
   * @throws {RefusedError} if that revision is compacted or not there yet
   */
  rollBack(revision: bigint): void {
    this.#actions.rollBack(revision);
  }

  /**
   * Calls `observer` with each watch response just before it is sent: a test may compact, drop or write at that very point. Returns what
   * ends that.
   */
  onWatchResponse(observer: (response: WatchResponse) => void): () => void {
    return this.#actions.observeWatches(observer);
  }
}
