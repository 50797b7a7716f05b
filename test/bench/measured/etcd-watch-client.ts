import { EtcdClient, type WatchChannel, type WatchEvent } from "etcd-watch";
import type { MeasuredClient, WatchWish } from "./measured-client.ts";

/** This library. */
export class EtcdWatchClient implements MeasuredClient {
  readonly #client: EtcdClient;
  readonly #shape: "responses" | "events";
  readonly #ends: Promise<void>[] = [];
  readonly #held: WatchChannel[] = [];

  constructor(endpoint: string, shape: "responses" | "events") {
    this.#client = new EtcdClient({ endpoints: endpoint });
    this.#shape = shape;
  }

  watch(wish: WatchWish): Promise<unknown> {
    const watch = this.#client.watch(wish.key);
    this.#ends.push(this.#shape === "events" ? readEvents(watch, wish) : readResponses(watch, wish));
    return watch.created;
  }

  hold(key: string): Promise<unknown> {
    const watch = this.#client.watch(key);
    this.#held.push(watch);
    return watch.created;
  }

  revisionOf(event: unknown): number {
    return Number((event as WatchEvent).kv.modRevision);
  }

  valueOf(event: unknown): Buffer {
    return (event as WatchEvent).kv.value;
  }

  async close(): Promise<void> {
    await this.#client.close();
    await Promise.all(this.#ends);
  }
}

async function readResponses(watch: WatchChannel, { onEvents, touch = false }: WatchWish): Promise<void> {
  for await (const { events } of watch) {
    if (touch) for (const event of events) touchEvent(event);
    const wait = onEvents(events.length, events[events.length - 1]);
    if (wait !== undefined) await wait;
  }
}

async function readEvents(watch: WatchChannel, { onEvents, touch = false }: WatchWish): Promise<void> {
  for await (const event of watch.events()) {
    if (touch) touchEvent(event);
    const wait = onEvents(1, event);
    if (wait !== undefined) await wait;
  }
}

/** Makes the views of an event, and reads a byte of each so that no engine can leave that out. */
export function touchEvent({ kv }: WatchEvent): void {
  touched.sum += (kv.key[0] ?? 0) + (kv.value[0] ?? 0);
}

const touched = { sum: 0 };
