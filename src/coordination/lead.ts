import type { TxnComparison } from "../client/compare.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import { onAbort } from "../util/abort.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { fenceOf, KeyLostError, type OwnKey } from "./candidate.ts";
import type { Session } from "./session.ts";
import type { Tenure } from "./shared.ts";
import { untilGone } from "./until-gone.ts";

/** The lead, for as long as its session lives and its key is there. */
export class Lead implements Tenure {
  readonly own: OwnKey;
  readonly fence: TxnComparison;
  readonly session: Session;
  readonly #over = new AbortController();

  constructor(client: EtcdClient, session: Session, own: OwnKey) {
    this.session = session;
    this.own = own;
    this.fence = fenceOf(own);
    onAbort(session.signal, (reason) => {
      this.abort(reason);
    });
    void this.#watchOwnKey(client);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Looks at the clock: also if timers are late. */
  get isCurrent(): boolean {
    return this.session.isAlive && !this.signal.aborted;
  }

  abort(reason: Error): void {
    this.#over.abort(reason);
  }

  end(): Promise<void> {
    return this.session.end();
  }

  /** Somebody may delete it: then another leads, though the lease lives. */
  async #watchOwnKey(client: EtcdClient): Promise<void> {
    const { signal, own } = this;
    try {
      await untilGone(client, own, { revision: own.seenAt, signal });
      this.abort(new KeyLostError(own.key));
    } catch (error) {
      // The lease is what counts, and the fence. It just cannot be seen if somebody deletes the key.
      if (!signal.aborted) client[watcherHost].logger.warn("The leader's key cannot be watched", { error });
    }
  }
}
