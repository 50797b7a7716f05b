import { WatchRequest, type WatchResponse } from "../../src/gen/rpc.ts";
import { RawEtcd, type WatchCall } from "../fuzz/raw-etcd.ts";
import type { RecordedKv } from "../support/guarantees/watch-record.ts";
import { rest } from "./rest.ts";

const RETRY_MS = 50;
/** It may be with a member that is cut off from the others. */
const SILENCE_MS = 1_500;

interface Change {
  readonly type: "put" | "delete";
  readonly kv: RecordedKv;
}

/**
 * Follows everything from revision 1, past all faulty links, with nothing of the client that is under test: one raw stream after another,
 * each from the revision after the last one seen. A compaction must wait for it.
 */
export class TruthCollector {
  readonly changes: Change[] = [];
  /** Why it is no truth, if it is none. */
  failure: string | undefined;
  readonly #endpoints: readonly string[];
  readonly #token: () => Promise<string | undefined>;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;

  /** @param token gives one for each stream, where authentication is on */
  constructor(endpoints: readonly string[], token: () => Promise<string | undefined>) {
    this.#endpoints = endpoints;
    this.#token = token;
    this.#done = this.#follow();
  }

  get lastRevision(): bigint {
    return this.changes.at(-1)?.kv.modRevision ?? 0n;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted && this.failure === undefined; attempt++) {
      const raw = new RawEtcd(this.#endpoints[attempt % this.#endpoints.length] ?? "");
      const call = raw.watch(await this.#token().catch(() => undefined)); // without one it is refused, and comes again
      await this.#readUntilItBreaks(call);
      call.cancel();
      raw.close();
      await rest(RETRY_MS, signal);
    }
  }

  #readUntilItBreaks(call: WatchCall): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(silence);
        signal.removeEventListener("abort", finish);
        call.removeAllListeners("data");
        resolve();
      };
      const silence = setTimeout(finish, SILENCE_MS);
      signal.addEventListener("abort", finish);
      call.on("error", finish).on("end", finish); // stays: a call that is cancelled emits an error
      call.on("data", (response: WatchResponse) => {
        silence.refresh();
        this.#take(response);
        if (response.canceled) finish();
      });
      const range = { key: Buffer.from([0]), rangeEnd: Buffer.from([0]) };
      const value = { ...range, startRevision: this.lastRevision + 1n };
      call.write(WatchRequest.fromPartial({ requestUnion: { $case: "createRequest", value } }));
    });
  }

  #take({ events, compactRevision }: WatchResponse): void {
    if (compactRevision !== 0n) this.failure = `compacted at ${compactRevision}, and it had seen ${this.lastRevision}`;
    for (const { type, kv } of events) {
      if (kv === undefined) continue;
      const { createRevision, modRevision, version, lease } = kv;
      const [key, value] = [Buffer.from(kv.key).toString("latin1"), Buffer.from(kv.value).toString("latin1")];
      this.changes.push({ type: type === 0 ? "put" : "delete", kv: { key, value, createRevision, modRevision, version, lease } });
    }
  }
}
