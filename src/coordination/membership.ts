import { Informer } from "../cache/informer.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import type { TxnComparison } from "../client/compare.ts";
import { abortable, abortReason, onAbort } from "../util/abort.ts";
import { deferred } from "../util/deferred.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { KeyLostError, type OwnKey } from "./candidate.ts";
import { Ring } from "./ring.ts";
import { RingWriter } from "./ring-writer.ts";
import type { Session } from "./session.ts";
import type { Tenure } from "./shared.ts";

/** The keys below a shard's prefix. */
export interface ShardKeys {
  readonly prefix: Buffer;
  readonly ring: Buffer;
  readonly members: Buffer;
}

/** One state of the ring, and what it lets this member do. */
interface Share {
  readonly ring: Ring;
  readonly fence: TxnComparison;
  readonly over: AbortController;
}

/**
 * This process's place in a shard, for as long as its session lives and its key is there.
 *
 *            the ring has it            session over, key gone
 *   joining ────────────────► member ──────────────────────────► over
 *                              │  ▲
 *                              └──┘ the ring changes: another share
 *
 * It goes by what it sees, which may be old: a share is then one that etcd no longer honours, as its fence names the ring's revision.
 */
export class Membership implements Tenure {
  /** Resolves when the ring has it. */
  readonly joined: Promise<void>;
  readonly id: string;
  readonly #client: EtcdClient;
  readonly #session: Session;
  readonly #own: OwnKey;
  readonly #keys: ShardKeys;
  readonly #informer: Informer;
  readonly #writer: RingWriter;
  readonly #over = new AbortController();
  readonly #onGained = new Set<(isGained: (key: string) => boolean) => void>();
  readonly #joined = deferred<undefined>();
  readonly #running: Promise<void>;
  #share: Share;

  constructor(client: EtcdClient, { session, own, keys }: { readonly session: Session; readonly own: OwnKey; readonly keys: ShardKeys }) {
    this.#client = client;
    this.#session = session;
    this.#own = own;
    this.#keys = keys;
    this.id = session.leaseId.toString(16);
    this.#share = this.#shareOf(new Ring(0n, []));
    this.#informer = new Informer(client, { prefix: keys.prefix });
    this.#writer = new RingWriter(client, {
      own,
      ringKey: keys.ring,
      read: () => this.#read(),
      signal: this.signal,
      onFailure: (error) => {
        this.abort(error);
      },
    });
    this.joined = abortable(this.#joined.promise, this.signal).then(() => undefined);
    this.joined.catch(() => undefined); // whoever waits is told
    onAbort(session.signal, (reason) => {
      this.abort(reason);
    });
    this.#running = this.#follow();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The ids of those who share the keys, as far as is known here. */
  get members(): readonly string[] {
    return this.#share.ring.members;
  }

  /** Undefined for another's key, and when the session is over by the clock. */
  permit(key: string): { readonly fence: TxnComparison; readonly signal: AbortSignal } | undefined {
    if (!this.#session.isAlive || this.signal.aborted) return undefined;
    const { ring, fence, over } = this.#share;
    return ring.ownerOf(key) === this.id ? { fence, signal: over.signal } : undefined;
  }

  onGained(callback: (isGained: (key: string) => boolean) => void): () => void {
    this.#onGained.add(callback);
    return () => {
      this.#onGained.delete(callback);
    };
  }

  abort(reason: Error): void {
    this.#over.abort(reason);
    this.#share.over.abort(reason);
  }

  async end(): Promise<void> {
    await this.#running;
    await this.#session.end();
  }

  async #follow(): Promise<void> {
    const { signal } = this;
    try {
      await this.#informer.start({ signal });
      this.#look();
      const changes = this.#informer.changes({ signal });
      while ((await changes.next()).done !== true) this.#look();
      this.abort(abortReason(signal));
    } catch (error) {
      this.abort(error as Error);
    } finally {
      await this.#informer.stop();
      await this.#writer.done;
    }
  }

  #read(): { readonly ring: Ring; readonly members: readonly string[] } {
    const members = this.#informer.entries({ prefix: this.#keys.members }).map(([key]) => key.slice(this.#keys.members.toString().length));
    return { ring: Ring.from(this.#informer.getKeyValue(this.#keys.ring)), members };
  }

  /** The informer goes from one whole revision to the next, so that what is read here stands together in etcd's history. */
  #look(): void {
    const { ring, members } = this.#read();
    if (this.#informer.revision >= this.#own.seenAt && !members.includes(this.id)) {
      this.abort(new KeyLostError(this.#own.key));
      return;
    }
    if (ring.revision !== this.#share.ring.revision) this.#move(ring);
    this.#writer.look();
  }

  #move(ring: Ring): void {
    const { ring: before, over } = this.#share;
    if (ring.isForeign)
      this.#client[watcherHost].logger.error("The ring is of another version of this package: this process owns nothing", {
        key: this.#keys.ring.toString(),
      });
    this.#share = this.#shareOf(ring);
    over.abort(new Error(`The members of the shard have changed: ${String(before.members.length)}, now ${String(ring.members.length)}`));
    if (ring.has(this.id)) this.#joined.resolve(undefined);
    const isGained = (key: string): boolean => ring.ownerOf(key) === this.id && before.ownerOf(key) !== this.id;
    for (const callback of [...this.#onGained]) callback(isGained);
  }

  #shareOf(ring: Ring): Share {
    const fence: TxnComparison = { key: this.#keys.ring, target: "mod", result: "=", value: ring.revision };
    return { ring, fence, over: new AbortController() };
  }
}
