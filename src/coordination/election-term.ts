import type { CallOptions } from "../client/call-options.ts";
import type { TxnComparison } from "../client/compare.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import type { Value } from "../client/put-request.ts";
import type { Revision } from "../model/revision.ts";
import type { Lead } from "./lead.ts";
import type { Hold } from "./shared.ts";

/** A time in which this process leads. */
export class ElectionTerm implements AsyncDisposable {
  /** The key by which it leads. */
  readonly key: Buffer;
  /** At which that key was created. It grows from term to term. */
  readonly revision: Revision;
  /**
   * A condition for every transaction that writes as the leader: etcd refuses it (`succeeded` is false) once another one may lead,
   * however late this process notices.
   * @example
   * const term = await new Election(client, { prefix: "elections/jobs" }).campaign();
   * const { succeeded } = await client.kv.txn({ compare: [term.fence], success: [{ put: { key: "jobs/plan", value: "mine" } }] });
   * if (!succeeded) console.log("another process leads");
   * await term.release();
   */
  readonly fence: TxnComparison;
  /** Gives the lead up, once all who lead by the same `Election` have. Call it when nothing works under the term any more. Idempotent. */
  readonly release: () => Promise<void>;
  readonly #client: EtcdClient;
  readonly #lead: Lead;

  /** @internal */
  constructor(client: EtcdClient, { tenure, release }: Hold<Lead>) {
    this.#client = client;
    this.#lead = tenure;
    this.key = tenure.own.key;
    this.revision = tenure.own.createRevision;
    this.fence = tenure.fence;
    this.release = release;
  }

  /**
   * Aborted when the lead is lost, `marginMs` before etcd could give it to another: a `LeaseExpiredError` as reason, or why else. A process
   * that was stopped and woken, or was busy, may see it late. The fence holds even then.
   */
  get signal(): AbortSignal {
    return this.#lead.signal;
  }

  /** Whether it leads. Looks at the clock, and so knows before a timer that is late. */
  get isCurrent(): boolean {
    return this.#lead.isCurrent;
  }

  /** What a controller may do for a key: anything, while it leads. */
  readonly permit = (): { readonly fence: TxnComparison; readonly signal: AbortSignal } | undefined =>
    this.isCurrent ? { fence: this.fence, signal: this.signal } : undefined;

  /**
   * Shows another value to those who observe.
   * @returns whether it was done: false if this process no longer leads
   */
  async proclaim(value: Value, options: CallOptions = {}): Promise<boolean> {
    const { key, fence } = this;
    const put = { key, value, lease: this.#lead.session.leaseId };
    const { succeeded } = await this.#client.kv.txn({ compare: [fence], success: [{ put }] }, options);
    return succeeded;
  }

  /** The same as `release()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
