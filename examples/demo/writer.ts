import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdClient } from "etcd-watch";
import type { Ledger } from "./ledger.ts";

export const FRUITS = ["apple", "banana", "cherry", "fig", "grape", "lemon", "mango", "plum"] as const;

/** Makes a basket as large as a small configuration file. */
const NOTE = "picked at dawn, weighed twice, carried down to the harbour, and counted again before the ships left; ".repeat(3);

interface WriteOptions {
  /** How many write at the same time. */
  readonly hands?: number;
  /** How long each of them rests after a write. */
  readonly pauseMs?: number;
  readonly withinMs?: number;
  readonly onWritten?: (done: number) => void;
}

/**
 * Writes puts, deletes and transactions over several keys, many at a time, and enters each answer in the ledger. It has a connection of
 * its own that nobody cuts: a write whose answer got lost would leave open what there is to expect.
 */
export class Writer {
  readonly #client: EtcdClient;
  readonly #ledger: Ledger;
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #hands = new Set<Promise<unknown>>();

  constructor(options: { client: EtcdClient; ledger: Ledger; prefix: string; signal: AbortSignal }) {
    this.#client = options.client;
    this.#ledger = options.ledger;
    this.#prefix = options.prefix;
    this.#signal = options.signal;
  }

  /** Writes so many times, or fewer if the server takes longer than `withinMs` for them. */
  async write(count: number, { hands = 32, pauseMs = 0, withinMs = Infinity, onWritten }: WriteOptions = {}): Promise<void> {
    const untilMs = Date.now() + withinMs;
    let started = 0;
    let done = 0;
    const hand = async (): Promise<void> => {
      while (started < count && Date.now() < untilMs) {
        this.#signal.throwIfAborted();
        const index = started++;
        await this.#writeOne(index, index / count);
        onWritten?.(++done);
        if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: this.#signal });
      }
    };
    const working = Array.from({ length: hands }, hand);
    for (const each of working) this.#hands.add(each);
    await Promise.all(working);
  }

  /** Waits for every write that was sent, so that none is done after the keys were deleted. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#hands);
  }

  async #writeOne(index: number, season: number): Promise<void> {
    const fruit = inSeason(season);
    if (index % 12 === 11) await this.#delete(fruit);
    else if (index % 8 === 7) await this.#transact([fruit, next(fruit), next(next(fruit))], index);
    else await this.#put(fruit, index);
  }

  async #put(fruit: string, index: number): Promise<void> {
    const [key, value] = [this.#prefix + fruit, basket(index)];
    const { header } = await this.#client.kv.put(key, value);
    this.#ledger.record(header.revision, [{ type: "put", key, value }]);
  }

  async #delete(fruit: string): Promise<void> {
    const key = this.#prefix + fruit;
    const { header, deleted } = await this.#client.kv.delete(key);
    if (deleted > 0n) this.#ledger.record(header.revision, [{ type: "delete", key, value: "" }]);
  }

  /** Several keys at one revision: a watch has to see them together. */
  async #transact(fruits: readonly string[], index: number): Promise<void> {
    const puts = fruits.map((fruit) => ({ key: this.#prefix + fruit, value: basket(index) }));
    const { header } = await this.#client.kv.txn({ success: puts.map((put) => ({ put })) });
    this.#ledger.record(
      header.revision,
      puts.map((put) => ({ type: "put", ...put })),
    );
  }
}

function basket(index: number): string {
  return JSON.stringify({ basket: index, kilos: (index * 7) % 40, note: NOTE });
}

function next(fruit: string): string {
  return FRUITS[(FRUITS.findIndex((each) => each === fruit) + 1) % FRUITS.length] ?? fruit;
}

/** Each fruit has its time of the year, from 0 to 1, and a few come out of season. */
function inSeason(season: number): string {
  const drift = (Math.random() + Math.random() - 1) * 0.45;
  const position = (((season + drift) % 1) + 1) % 1;
  return FRUITS[Math.floor(position * FRUITS.length)] ?? FRUITS[0];
}
