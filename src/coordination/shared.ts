import { ClosedError } from "../errors/etcd-error.ts";
import { abortable, abortReason, onAbort } from "../util/abort.ts";
import { deferred } from "../util/deferred.ts";

/** Something that is had for a time: the lead, a place in a shard. */
export interface Tenure {
  /** Aborted when it is over, with the reason. */
  readonly signal: AbortSignal;
  /** It is over. */
  abort(reason: Error): void;
  /** Gives up what it stands on. Called when nobody works under it any more. Never rejects. */
  end(): Promise<void>;
}

/** One who has it. */
export interface Hold<Had extends Tenure> {
  readonly tenure: Had;
  /** Lets go. Resolves, for the last one, when it is given up. Idempotent. */
  readonly release: () => Promise<void>;
}

/**
 * What is got once for all who want it at the same time, and given up when the last of them has let go.
 *
 *             got              aborted
 *   getting ───────► had ─────────────────┐
 *      └── failed, given up, unwanted ────┴──► over ── the last one has let go ──► (its lease is given up)
 *
 * over: nobody new gets it, and those who have it see its signal aborted. They may be working still, so what it stands on is kept.
 */
export class Shared<Had extends Tenure> {
  readonly #ending = new AbortController();
  readonly #got: Promise<Had>;
  readonly #done = deferred<undefined>();
  #state: "getting" | "had" | "over" = "getting";
  #holders = 0;

  /** @param get rejects with the signal's reason if that is aborted, and leaves nothing behind then */
  constructor(get: (signal: AbortSignal) => Promise<Had>) {
    const { signal } = this.#ending;
    onAbort(signal, () => {
      this.#state = "over";
    });
    this.#got = get(signal).then((tenure) => this.#take(tenure));
    this.#got.catch(() => {
      this.#state = "over"; // and those who wait are told
    });
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** @throws the signal's reason; why it could not be got */
  async hold(signal: AbortSignal | undefined): Promise<Hold<Had>> {
    this.#holders++; // also who is too late: if there is nobody else, it must not be got for nobody
    let released: Promise<void> | undefined;
    const release = (): Promise<void> => (released ??= this.#release());
    try {
      if (signal?.aborted === true) throw abortReason(signal);
      return { tenure: await abortable(this.#got, signal), release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Who waits for it is told the reason, and who has it sees its signal aborted. Resolves when these have let go and it is given up. */
  giveUp(reason: Error): Promise<void> {
    this.#ending.abort(reason);
    return this.#done.promise;
  }

  async #take(tenure: Had): Promise<Had> {
    const { signal } = this.#ending;
    if (signal.aborted) {
      tenure.abort(abortReason(signal));
      await tenure.end();
      throw abortReason(signal);
    }
    this.#state = "had";
    onAbort(tenure.signal, () => {
      this.#state = "over";
    });
    onAbort(signal, (reason) => {
      tenure.abort(reason);
    });
    return tenure;
  }

  async #release(): Promise<void> {
    if (--this.#holders > 0) return;
    this.#ending.abort(new ClosedError("The term"));
    const tenure = await this.#got.catch(() => undefined);
    await tenure?.end();
    this.#done.resolve(undefined);
  }
}
