import type { EtcdClient, WatchChannel } from "etcd-watch";
import type { Change } from "./ledger.ts";
import type { WatchPlan } from "./watch-plan.ts";

/** One watch, and all it was given. */
export class Observer {
  readonly plan: WatchPlan;
  /** What each response brought. */
  readonly responses: (readonly Change[])[] = [];
  /** From which revision it went on, after each cut. */
  readonly resumedAt: bigint[] = [];
  /** Settles when the watch has ended, with the reason if there is one. Never rejects. */
  readonly ended: Promise<unknown>;
  readonly #watch: WatchChannel;
  #seenCount = 0;
  #lastRevision = 0n;

  constructor(client: EtcdClient, plan: WatchPlan) {
    this.plan = plan;
    this.#watch = client.watch(plan.key, plan.options);
    this.ended = this.#read().catch((error: unknown) => error);
  }

  get seenCount(): number {
    return this.#seenCount;
  }

  /** The newest revision that it has been given a change of. */
  get lastRevision(): bigint {
    return this.#lastRevision;
  }

  get isServed(): boolean {
    return this.#watch.status.state === "watching";
  }

  /** It has lost its server, and its reader has taken everything that came before. */
  get isAdrift(): boolean {
    const { state, bufferedResponses } = this.#watch.status;
    return state === "resuming" && bufferedResponses === 0;
  }

  /** To be called while it is adrift: nothing waits to be read, so the reader's position is where the watch will go on. */
  noteResume(): void {
    this.resumedAt.push(this.#watch.resumeRevision);
  }

  cancel(): void {
    this.#watch.cancel();
  }

  async #read(): Promise<void> {
    for await (const { events } of this.#watch) {
      const changes = events.map(({ type, kv }): Change => ({ revision: kv.modRevision, type, key: kv.keyText, value: kv.valueText }));
      this.responses.push(changes);
      this.#seenCount += changes.length;
      this.#lastRevision = changes.at(-1)?.revision ?? this.#lastRevision;
    }
  }
}
