import type { EtcdError, WatchChannel, WatchEvent, WatchResponse } from "etcd-watch";

const PATIENCE_MS = 10_000;

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
}

/** How a watch ended: quietly, or with what its loop threw. */
export type Outcome = "quietly" | EtcdError | Error;

/** Reads a watch in the background and keeps what came, so that a test can wait for it. */
export class ObservedWatch {
  readonly responses: WatchResponse[] = [];
  /** Settles when the loop over the watch has ended. Never rejects. */
  readonly ended: Promise<Outcome>;
  readonly #waiters = new Set<Waiter>();
  #outcome: Outcome | undefined;

  constructor(watch: WatchChannel) {
    this.ended = this.#read(watch);
  }

  get events(): WatchEvent[] {
    return this.responses.flatMap((response) => response.events);
  }

  /** Waits for at least so many events. */
  async waitForEvents(count: number): Promise<WatchEvent[]> {
    await this.#waitUntil(`${String(count)} events`, () => this.events.length >= count);
    return this.events;
  }

  /** Waits for at least so many responses. */
  async waitForResponses(count: number): Promise<WatchResponse[]> {
    await this.#waitUntil(`${String(count)} responses`, () => this.responses.length >= count);
    return this.responses;
  }

  /** Waits for the event of that key and revision, and returns all that came up to it and with it. */
  async waitForRevision(revision: bigint): Promise<WatchEvent[]> {
    await this.#waitUntil(`revision ${String(revision)}`, () => this.events.some((event) => event.kv.modRevision >= revision));
    return this.events;
  }

  async #read(watch: WatchChannel): Promise<Outcome> {
    try {
      for await (const response of watch) {
        this.responses.push(response);
        this.#wake();
      }
      this.#outcome = "quietly";
    } catch (error) {
      this.#outcome = error instanceof Error ? error : new Error("the loop threw what is no Error", { cause: error });
    }
    this.#wake();
    return this.#outcome;
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) if (waiter.isDone() || this.#outcome !== undefined) waiter.resolve();
  }

  async #waitUntil(what: string, isDone: () => boolean): Promise<void> {
    if (!isDone() && this.#outcome === undefined) await this.#wait(isDone);
    if (isDone()) return;
    const seen = this.events.map((event) => `${event.type} ${event.kv.keyText}@${String(event.kv.modRevision)}`);
    const end = this.#outcome === undefined ? "it goes on" : `it ended: ${String(this.#outcome)}`;
    throw new Error(`waited for ${what}; ${String(this.responses.length)} responses came, with [${seen.join(", ")}]; ${end}`);
  }

  /** Resolves when it is done, or when patience has run out. */
  #wait(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      const timer = setTimeout(finish, PATIENCE_MS);
      const waiter: Waiter = { isDone, resolve: finish };
      this.#waiters.add(waiter);
    });
  }
}

/** Starts to read at once. */
export function observe(watch: WatchChannel): ObservedWatch {
  return new ObservedWatch(watch);
}

/** "put a=1" or "delete a", for short comparisons. */
export function brief(event: WatchEvent): string {
  return event.type === "put" ? `put ${event.kv.keyText}=${event.kv.valueText}` : `delete ${event.kv.keyText}`;
}
