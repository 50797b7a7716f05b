import type { TxnComparison } from "../client/compare.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import { Backoff } from "../util/backoff.ts";
import { sleep } from "../util/clock.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { fenceOf, type OwnKey } from "./candidate.ts";
import { Ring } from "./ring.ts";
import { isPassing } from "./with-session.ts";

const RETRY = { baseMs: 50, maxMs: 2_000 };

export interface RingWriterOptions {
  readonly own: OwnKey;
  readonly ringKey: Buffer;
  /** The ring, and who is there, both of one revision. */
  readonly read: () => { readonly ring: Ring; readonly members: readonly string[] };
  readonly signal: AbortSignal;
  /** It cannot be written, and no retry cures that: permission denied, say. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Makes the ring what the members are. Every member tries; the condition on the ring's last revision lets one of them do it, and nobody
 * who has looked at an older one. A member that has died is thus in the ring until another has written it out: its keys are nobody's then.
 */
export class RingWriter {
  readonly #client: EtcdClient;
  readonly #options: RingWriterOptions;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(client: EtcdClient, options: RingWriterOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Settles when nothing is being written. Never rejects. */
  get done(): Promise<void> {
    return this.#writing;
  }

  /** Something may have changed. */
  look(): void {
    if (!this.#isWriting) this.#writing = this.#write();
  }

  /** Ends in the moment in which it last looked, so that no change is missed between the two. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    const { read, signal } = this.#options;
    const { clock, logger } = this.#client[watcherHost];
    const backoff = new Backoff(RETRY);
    const isEnded = (): boolean => signal.aborted;
    try {
      while (!isEnded()) {
        const { ring, members } = read();
        if (ring.isForeign || ring.hasExactly(members)) return;
        try {
          await this.#put(ring, members);
          // Written, or another was faster: either way a later ring is on its way, and with it the next look. Unless it is there already.
          if (read().ring.revision === ring.revision) return;
        } catch (error) {
          if (isEnded()) return;
          if (!isPassing(error)) {
            this.#options.onFailure(error as Error);
            return;
          }
          logger.warn("The ring of a shard could not be written; it is tried again", { error });
          await sleep(backoff.nextMs(), { signal, clock }).catch(() => undefined); // aborted: the condition sees it
        }
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #put(ring: Ring, members: readonly string[]): Promise<void> {
    const { own, ringKey: key, signal } = this.#options;
    const compare: TxnComparison[] = [fenceOf(own), { key, target: "mod", result: "=", value: ring.revision }];
    await this.#client.kv.txn({ compare, success: [{ put: { key, value: Ring.textOf(members) } }] }, { signal });
  }
}
