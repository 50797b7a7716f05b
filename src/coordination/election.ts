import type { EtcdClient } from "../client/etcd-client.ts";
import type { KeyValue } from "../model/key-value.ts";
import { checkOptions, checkSignal } from "../util/option-check.ts";
import { createOwnKey, ownKeyName, untilFirst } from "./candidate.ts";
import { type CoordinationOptions, type CoordinationSettings, coordinationSettings } from "./coordination-options.ts";
import { ElectionTerm } from "./election-term.ts";
import { Lead } from "./lead.ts";
import { leaderChanges } from "./leader-changes.ts";
import { type Hold, Shared } from "./shared.ts";
import { withSession } from "./with-session.ts";

/**
 * One of many processes leads: the one whose key below the prefix was created first. The key hangs on a lease, so that another takes over
 * when this one is gone. It is etcd's recipe, and stands for the same election as Go's `concurrency.NewElection` and `etcdctl elect`.
 *
 * No clock in a network can promise that an old leader has stopped before a new one begins. So there are two guards: `term.signal`, aborted
 * in time by the local clock, and `term.fence`, by which etcd refuses what an old leader writes too late.
 *
 * All who campaign by one `Election` at the same time are one candidate: several controllers of a process lead together.
 *
 * @example
 * const election = new Election(client, { prefix: "elections/jobs", value: "host-1" });
 * const term = await election.campaign({ signal: AbortSignal.timeout(60_000) });
 * console.log("leading since revision", term.revision);
 * await client.kv.txn({ compare: [term.fence], success: [{ put: { key: "jobs/leader", value: "host-1" } }] });
 * await election.resign();
 */
export class Election {
  readonly #client: EtcdClient;
  readonly #settings: CoordinationSettings;
  readonly #campaigned = new Set<Hold<Lead>>();
  #candidacy: Shared<Lead> | undefined;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(client: EtcdClient, options: CoordinationOptions) {
    this.#client = client;
    this.#settings = coordinationSettings(options, "Election");
  }

  /**
   * Resolves when this process leads, however long that takes: lost connections and leases are got over.
   * @param options `signal`: aborting it ends the wait; a term that has begun goes on
   * @throws the signal's reason; what no retry cures, such as PERMISSION_DENIED; {ClosedError} when the client is closed
   */
  async campaign(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ElectionTerm> {
    const hold = await this.#hold(options);
    this.#campaigned.add(hold);
    const release = (): Promise<void> => {
      this.#campaigned.delete(hold);
      return hold.release();
    };
    return new ElectionTerm(this.#client, { tenure: hold.tenure, release });
  }

  /** For a `Controller`: as `campaign()`, but `resign()` waits until its `release()` is called. */
  async lead(options: { readonly signal: AbortSignal }): Promise<ElectionTerm> {
    return new ElectionTerm(this.#client, await this.#hold(options));
  }

  /**
   * Gives up the lead, or the wait for it: the term's signal is aborted, and whoever waits in `campaign()` is told so. Resolves once the
   * next one can lead, for which controllers that lead by it are waited for. Nothing to give up is no error.
   */
  async resign(): Promise<void> {
    const given = this.#candidacy?.giveUp(new Error("The lead, or the wait for it, was given up by resign()"));
    const released = [...this.#campaigned].map((hold) => hold.release());
    this.#campaigned.clear();
    await Promise.all([given, ...released]);
  }

  /**
   * Who leads: its key, undefined for nobody, and again whenever it or its value changes. One that is overtaken is left out. Goes on
   * through lost connections and compactions until it is left or the signal aborted.
   * @throws why the keys cannot be read, when no retry cures it
   * @example
   * for await (const leader of new Election(client, { prefix: "elections/jobs" }).observe()) {
   *   console.log(leader === undefined ? "nobody leads" : `${leader.valueText} leads`);
   *   break;
   * }
   */
  observe(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<KeyValue | undefined, void, undefined> {
    checkOptions(options, { signal: "value" }, "observe");
    return leaderChanges(this.#client, this.#settings.prefix, checkSignal(options.signal));
  }

  async #hold(options: { readonly signal?: AbortSignal | undefined }): Promise<Hold<Lead>> {
    checkOptions(options, { signal: "value" }, "campaign");
    const signal = checkSignal(options.signal);
    if (this.#candidacy === undefined || this.#candidacy.isOver) this.#candidacy = new Shared((ending) => this.#win(ending));
    return this.#candidacy.hold(signal);
  }

  #win(signal: AbortSignal): Promise<Lead> {
    const { prefix, value } = this.#settings;
    return withSession(this.#client, this.#settings, {
      signal,
      take: async (session, either) => {
        const created = await createOwnKey(this.#client, session, { key: ownKeyName(prefix, session), value, signal: either });
        const own = await untilFirst(this.#client, created, { prefix, signal: either });
        return new Lead(this.#client, session, own);
      },
    });
  }
}
