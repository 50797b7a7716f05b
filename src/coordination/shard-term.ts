import type { TxnComparison } from "../client/compare.ts";
import type { Membership } from "./membership.ts";
import type { Hold } from "./shared.ts";

/** A time in which this process has a share of the keys. Which they are changes as others come and go. */
export class ShardTerm implements AsyncDisposable {
  /** This member's id, new for each term. */
  readonly id: string;
  /** Gives the share up, once all who joined by the same `Shard` have. Call it when nothing works under it any more. Idempotent. */
  readonly release: () => Promise<void>;
  readonly #membership: Membership;

  /** @internal */
  constructor({ tenure, release }: Hold<Membership>) {
    this.#membership = tenure;
    this.id = tenure.id;
    this.release = release;
  }

  /** Aborted when the membership is lost, `marginMs` before etcd could tell the others so. */
  get signal(): AbortSignal {
    return this.#membership.signal;
  }

  /** The ids of all members, as far as is known here. */
  get members(): readonly string[] {
    return this.#membership.members;
  }

  /**
   * What may be done for a key: undefined if it is another's. The fence goes into each transaction that writes for that key; the signal is
   * aborted when the members change, also when the key stays: ask again then.
   */
  readonly permit = (key: string): { readonly fence: TxnComparison; readonly signal: AbortSignal } | undefined =>
    this.#membership.permit(key);

  /** Calls back when keys have become this process's own, with what tells which. Returns what ends it. */
  readonly onGained = (callback: (isGained: (key: string) => boolean) => void): (() => void) => this.#membership.onGained(callback);

  /** The same as `release()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
