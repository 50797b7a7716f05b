import { getEventListeners } from "node:events";
import type { Event as WireEvent } from "../../src/gen/kv.ts";
import type { WatchCreateRequest } from "../../src/gen/rpc.ts";
import { type Key, type KeyRange, keyRange } from "../../src/model/key-range.ts";
import type { WatchChannel } from "../../src/watch/watch-channel.ts";
import type { WatchOptions } from "../../src/watch/watch-options.ts";
import type { WatchResponse } from "../../src/watch/watch-response.ts";
import type { WatcherHarness } from "./watcher-harness.ts";

/** `reads: "when told"` leaves what comes in the buffer until `userReads`. */
export type ScenarioWatchOptions = Omit<WatchOptions, "signal"> & { readonly key?: Key; readonly reads?: "at once" | "when told" };

/** A response in short: the revisions of its events, or what it is instead. */
export type ResponseInShort = readonly bigint[] | `created ${bigint}` | `progress ${bigint}`;

/** One watch of a scenario's user, with the reader that looks at it. */
export class ScenarioWatch {
  readonly channel: WatchChannel;
  readonly range: KeyRange;
  readonly maxBytes: number;
  /** What the reader was given, in order. */
  readonly responses: WatchResponse[] = [];
  /** How many of them the scenario has expected. */
  expected = 0;
  /** Creates of the same range that earlier watches sent. */
  readonly createsBefore: number;
  /** Events that a server sent for it, which it may not lose. */
  readonly owed: WireEvent[] = [];
  ending: { readonly error: unknown } | "quietly" | undefined;
  created: bigint | Error | undefined;
  readonly #abort = new AbortController();
  readonly #iterator: AsyncIterator<WatchResponse>;

  constructor({ watcher, host, transport }: WatcherHarness, name: string, options: ScenarioWatchOptions) {
    const { key = name, reads = "at once", ...watchOptions } = options;
    this.range = keyRange(key, options);
    this.maxBytes = options.buffer?.maxBytes ?? host.watchBuffer.maxBytes;
    this.createsBefore = transport.connections.flatMap(({ creates }) => creates.filter((create) => this.isFor(create))).length;
    this.channel = watcher.watch(key, { ...watchOptions, signal: this.#abort.signal });
    this.channel.created.then(
      ({ revision }) => (this.created = revision),
      (error: unknown) => (this.created = error as Error),
    );
    this.#iterator = this.channel[Symbol.asyncIterator]();
    if (reads === "at once") void this.readOn();
  }

  /** Whether a create request is for this watch. */
  isFor({ key, rangeEnd }: WatchCreateRequest): boolean {
    return this.range.key.equals(key) && this.range.rangeEnd.equals(rangeEnd);
  }

  async readOn(): Promise<void> {
    while (this.ending === undefined) await this.read();
  }

  async read(): Promise<void> {
    try {
      const result = await this.#iterator.next();
      if (result.done === true) this.ending ??= "quietly";
      else this.responses.push(result.value);
    } catch (error) {
      this.ending = { error };
    }
  }

  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  async leave(): Promise<void> {
    await this.#iterator.return?.();
  }

  get listeners(): number {
    return getEventListeners(this.#abort.signal, "abort").length;
  }

  /** What came and was not expected yet; it counts as expected from now on. */
  takeUnexpected(): WatchResponse[] {
    const fresh = this.responses.slice(this.expected);
    this.expected = this.responses.length;
    return fresh;
  }
}

export function inShort({ created, events, header }: WatchResponse): ResponseInShort {
  if (created) return `created ${header.revision}`;
  return events.length === 0 ? `progress ${header.revision}` : events.map(({ kv }) => kv.modRevision);
}
