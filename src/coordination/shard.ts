import type { EtcdClient } from "../client/etcd-client.ts";
import { abortable, abortReason } from "../util/abort.ts";
import { checkOptions, checkSignal } from "../util/option-check.ts";
import { createOwnKey, ownKeyName } from "./candidate.ts";
import { type CoordinationOptions, type CoordinationSettings, coordinationSettings } from "./coordination-options.ts";
import { Membership, type ShardKeys } from "./membership.ts";
import { ShardTerm } from "./shard-term.ts";
import { Shared } from "./shared.ts";
import { withSession } from "./with-session.ts";

/**
 * Many processes share keys: each key is at any time one process's, and when processes come and go, no more keys move than must. What
 * users need who outgrow one process, without another service: the members are keys on leases.
 *
 * A process may be wrong for a while about who is there. What it may not do is write: `fence` names the state of the membership by which
 * it took a key for its own, and etcd refuses the transaction when that is over. docs/coordination.md has the reasoning.
 *
 * @example
 * const shard = new Shard(client, { prefix: "shards/jobs", value: "host-1" });
 * const stop = new AbortController();
 * const controller = new Controller(client, {
 *   prefix: "jobs/",
 *   leader: shard,
 *   reconcile: async (key, { value, fence }) => {
 *     if (fence === undefined || value === undefined) return;
 *     const { succeeded } = await client.kv.txn({ compare: [fence], success: [{ put: { key: `done/${key}`, value: "by me" } }] });
 *     if (!succeeded) throw new Error("the key is another's by now"); // it runs again if it is not
 *     stop.abort();
 *   },
 * });
 * await client.kv.put("jobs/a", "1");
 * await controller.run({ signal: stop.signal });
 */
export class Shard {
  readonly #client: EtcdClient;
  readonly #settings: CoordinationSettings;
  readonly #keys: ShardKeys;
  #place: Shared<Membership> | undefined;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(client: EtcdClient, options: CoordinationOptions) {
    this.#client = client;
    this.#settings = coordinationSettings(options, "Shard");
    const { prefix } = this.#settings;
    const below = (name: string): Buffer => Buffer.concat([prefix, Buffer.from(name)]);
    this.#keys = { prefix, ring: below("ring"), members: below("members/") };
  }

  /**
   * Resolves when this process is a member, and so has a share of the keys. All who join by one `Shard` at the same time are one member.
   * @param options `signal`: aborting it ends the wait; a membership that has begun goes on
   * @throws the signal's reason; what no retry cures, such as PERMISSION_DENIED; {ClosedError} when the client is closed
   */
  async join(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ShardTerm> {
    checkOptions(options, { signal: "value" }, "join");
    const signal = checkSignal(options.signal);
    if (this.#place === undefined || this.#place.isOver) this.#place = new Shared((ending) => this.#enter(ending));
    return new ShardTerm(await this.#place.hold(signal));
  }

  /** For a `Controller`: the same as `join()`. */
  lead(options: { readonly signal: AbortSignal }): Promise<ShardTerm> {
    return this.join(options);
  }

  #enter(signal: AbortSignal): Promise<Membership> {
    const { value } = this.#settings;
    return withSession(this.#client, this.#settings, {
      signal,
      take: async (session, either) => {
        const key = ownKeyName(this.#keys.members, session);
        const own = await createOwnKey(this.#client, session, { key, value, signal: either });
        const membership = new Membership(this.#client, { session, own, keys: this.#keys });
        try {
          await abortable(membership.joined, either);
          return membership;
        } catch (error) {
          membership.abort(either.aborted ? abortReason(either) : (error as Error));
          await membership.end();
          throw error;
        }
      },
    });
  }
}
