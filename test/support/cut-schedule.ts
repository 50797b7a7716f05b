import type { EtcdClient } from "etcd-watch";
import type { ChaosProxy } from "etcd-watch/mock-server";
import { seededRandom } from "../../src/mock-server/seeded-random.ts";
import type { History } from "./history.ts";

/** An unsynced watch is sent at most so many revisions at a time. */
const REVISIONS_PER_ANSWER = 1_000;
/** What an event takes on the wire besides key and value, roughly. */
const EVENT_OVERHEAD_BYTES = 20;

/** Cuts a client's connection at random points of a catch-up, so often that it can still make progress in between. */
export class CutSchedule {
  /** How many events were delivered at each cut. */
  readonly made: number[] = [];
  /** To be kept up to date by the reader. */
  delivered = 0;
  readonly #proxy: ChaosProxy;
  readonly #cuts: number;
  readonly #random: () => number;
  readonly #revisions: number;
  readonly #answerBytes: number;

  constructor(proxy: ChaosProxy, { cuts, seed, history }: { cuts: number; seed: number; history: History }) {
    this.#proxy = proxy;
    this.#cuts = cuts;
    this.#random = seededRandom(seed);
    this.#revisions = history.written.size;
    const eventBytes = history.prefix.length + history.valueBytes + EVENT_OVERHEAD_BYTES;
    this.#answerBytes = Math.min(REVISIONS_PER_ANSWER, this.#revisions) * eventBytes;
  }

  /** Arms the first cut; each next one once the client has noticed the last. Ends when the client is closed. */
  begin(client: EtcdClient): void {
    this.#arm();
    void this.#follow(client); // never rejects: the sequence of states ends with the client
  }

  async #follow(client: EtcdClient): Promise<void> {
    for await (const { state } of client.stateChanges()) {
      if (state !== "disconnected" || this.made.length === this.#cuts) continue;
      this.made.push(this.delivered);
      if (this.made.length < this.#cuts) this.#arm();
    }
  }

  /**
   * Up to almost two answers ahead, so that one of them may arrive whole and the next one breaks in the middle. Less than one answer,
   * which means no progress at all, when what is left of the history would not last for the cuts that are left.
   */
  #arm(): void {
    const answersLeft = (this.#revisions - this.delivered) / REVISIONS_PER_ANSWER;
    const isScarce = answersLeft < this.#cuts - this.made.length + 2;
    this.#proxy.cutAfterBytes(Math.floor(this.#random() * this.#answerBytes * (isScarce ? 0.9 : 1.9)));
  }
}
