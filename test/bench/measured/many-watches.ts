import { heapAfterGc } from "./used-heap.ts";
import type { MeasuredClient } from "./measured-client.ts";
import { sentNs } from "./measure-stream.ts";
import type { EventsAnswer, WatchAnswer } from "./orders.ts";

/** Many watches of one client on one stream. */
export class ManyWatches {
  readonly #client: MeasuredClient;
  #seen = 0;
  #firstSentNs = Infinity;
  #onEvents = (): void => undefined;

  constructor(client: MeasuredClient) {
    this.#client = client;
  }

  async create({ key, count, read }: { key: string; count: number; read: boolean }): Promise<WatchAnswer> {
    const onEvents = (events: number, last: unknown): undefined => {
      this.#firstSentNs = Math.min(this.#firstSentNs, sentNs(this.#client.valueOf(last)));
      this.#seen += events;
      this.#onEvents();
    };
    const create = (): Promise<unknown> =>
      read || this.#client.hold === undefined ? this.#client.watch({ key, onEvents }) : this.#client.hold(key);
    await create(); // the connection, and code that has not run before, are not counted
    const before = await heapAfterGc();
    await Promise.all(Array.from({ length: count - 1 }, create));
    return { heapBytesPerWatch: ((await heapAfterGc()) - before) / (count - 1) };
  }

  async events(count: number): Promise<EventsAnswer> {
    await new Promise<void>((resolve) => {
      this.#onEvents = () => {
        if (this.#seen >= count) resolve();
      };
      this.#onEvents();
    });
    const ms = (Number(process.hrtime.bigint()) - this.#firstSentNs) / 1e6;
    this.#seen = 0;
    this.#firstSentNs = Infinity;
    return { ms };
  }
}
