import type { EtcdClient, TxnOperation } from "etcd-watch";
import type { Dice } from "../fuzz/dice.ts";
import { rest } from "./rest.ts";

/** Few enough to be written again and again, deleted and created. Some are no text. */
export const groups = ["a/", "b/", "c/"] as const;
const KEYS_OF_A_GROUP = 14;
const oddKeys = [Buffer.from([0x61, 0x2f, 0xff, 0x00]), Buffer.from([0xc3, 0x28]), Buffer.from([0x01]), Buffer.from([0xff, 0xff])];

export const allKeys: readonly Buffer[] = [
  ...groups.flatMap((group) => Array.from({ length: KEYS_OF_A_GROUP }, (_, index) => Buffer.from(group + String(index).padStart(2, "0")))),
  ...oddKeys,
];

/** At most so many keys in a transaction, now and then so many. */
const TXN_KEYS = [4, 12, 60];
/** Transactions in flight. */
const PAST_AT_ONCE = 20;
const PAST_TIMEOUT_MS = 20_000;
/** After a write that failed: its server may be gone. */
const FAILED_PAUSE_MS = 50;

export interface AcknowledgedPut {
  readonly revision: bigint;
  readonly key: string;
  readonly value: string;
}

/** A past to start from: transactions over many keys. Resolves when it is written. */
export async function writePast(client: EtcdClient, dice: Dice, revisions: number): Promise<void> {
  for (let left = revisions; left > 0; left -= PAST_AT_ONCE) {
    const batch = Array.from({ length: Math.min(left, PAST_AT_ONCE) }, (_, index) => {
      const keys = new Set(dice.list(dice.between(1, 60), () => dice.of(allKeys)));
      return { success: [...keys].map((key) => ({ put: { key, value: `past ${left}.${index}`.padEnd(dice.below(100), "x") } })) };
    });
    await Promise.all(batch.map((txn) => client.kv.txn(txn, { timeoutMs: PAST_TIMEOUT_MS })));
  }
}

export interface WriteLoadOptions {
  readonly client: EtcdClient;
  readonly dice: Dice;
  readonly name: string;
  /** What most values are shorter than. */
  readonly valueBytes: number;
  /** The longest pause between two writes, in ms. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
}

/** One writer: puts, deletes, delete-ranges, transactions and leases, one after the other, until it is told to stop. */
export class WriteLoad {
  /** What the server said it had done. */
  readonly acknowledged: AcknowledgedPut[] = [];
  failures = 0;
  readonly done: Promise<void>;
  readonly #options: WriteLoadOptions;
  #leases: bigint[] = [];
  #count = 0;

  constructor(options: WriteLoadOptions) {
    this.#options = options;
    this.done = this.#write();
  }

  async #write(): Promise<void> {
    const { signal, dice, pauseMs } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#next();
      } catch {
        this.failures++; // whether it was done, the truth will tell
        await rest(FAILED_PAUSE_MS, signal);
      }
      await rest(dice.below(pauseMs + 1), signal);
    }
  }

  async #next(): Promise<void> {
    const { client, dice, signal } = this.#options;
    const kind = dice.weighted([
      [55, "put"],
      [12, "delete"],
      [2, "delete range"],
      [20, "txn"],
      [4, "grant"],
      [4, "leased put"],
      [3, "revoke"],
    ] as const);
    switch (kind) {
      case "put":
        await this.#put();
        return;
      case "delete":
        await client.kv.delete(dice.of(allKeys), { signal });
        return;
      case "delete range": {
        const group = dice.of(groups);
        const [from, to] = [dice.below(KEYS_OF_A_GROUP), dice.below(KEYS_OF_A_GROUP)].sort((a, b) => a - b);
        await client.kv.delete(`${group}${String(from).padStart(2, "0")}`, { rangeEnd: `${group}${String(to).padStart(2, "0")}x`, signal });
        return;
      }
      case "txn":
        await this.#txn();
        return;
      case "grant":
        this.#leases.push((await client.lease.grant(dice.between(1, 3), { signal })).id);
        return;
      case "leased put":
        await this.#put(this.#leases.at(-1));
        return;
      case "revoke": {
        const lease = this.#leases.shift();
        if (lease !== undefined) await client.lease.revoke(lease, { signal });
      }
    }
  }

  async #put(lease?: bigint): Promise<void> {
    const { client, dice, signal } = this.#options;
    const [key, value] = [dice.of(allKeys), this.#value()];
    const { header } = await client.kv.put(key, value, { signal, ...(lease === undefined ? {} : { lease }) });
    this.acknowledged.push({ revision: header.revision, key: key.toString("latin1"), value });
  }

  /** Several keys at one revision, guarded by a condition that holds now and then. */
  async #txn(): Promise<void> {
    const { client, dice, signal } = this.#options;
    const keys = new Set(dice.list(dice.between(2, dice.of(TXN_KEYS)), () => dice.of(allKeys)));
    const success = [...keys].map((key): TxnOperation => (dice.chance(75) ? { put: { key, value: this.#value() } } : { delete: { key } }));
    const compare = dice.chance(50) ? [] : [{ key: dice.of(allKeys), target: "version" as const, result: ">" as const, value: 0n }];
    await client.kv.txn({ compare, success, failure: [{ put: { key: dice.of(allKeys), value: this.#value() } }] }, { signal });
  }

  /** No two are the same. Most are small; one in two hundred is large enough for an answer to be split. */
  #value(): string {
    const { dice, name, valueBytes } = this.#options;
    const mark = `${name}.${this.#count++} `;
    const bytes = dice.chance(0.5) ? dice.between(20_000, 60_000) : dice.below(valueBytes);
    return mark.padEnd(bytes, "x");
  }
}
