import type { WatchOptions } from "etcd-watch";
import { onAbort } from "../../src/util/abort.ts";
import type { Dice } from "../fuzz/dice.ts";
import { within } from "../support/eventually.ts";
import type { Lane } from "./lane.ts";
import { RecordedWatch } from "./recorded-watch.ts";
import { rest } from "./rest.ts";
import { chooseWatch, type Surroundings, type WatchChoice } from "./watch-choice.ts";

export interface WatchUserOptions {
  readonly name: string;
  readonly lane: Lane;
  readonly dice: Dice;
  /** What the store is at. */
  readonly surroundings: () => Omit<Surroundings, "left">;
  /** The buffer of every watch, if not a different one for each. */
  readonly bufferBytes: number | undefined;
  readonly progressIsOrdered: boolean;
  readonly ownRefusals?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

const PROGRESS_TIMEOUT_MS = 1_500;
const PROBE_TIMEOUT_MS = 2_000;

/** One watch after another on its lane, some from where the last one was left. The one that lives when the signal is aborted goes on. */
export class WatchUser {
  /** Every watch that it ever had. */
  readonly watches: RecordedWatch[] = [];
  /** Answers to requests for progress that nobody could expect. */
  readonly oddities: string[] = [];
  /** Settles once no new watch will be begun. Never rejects. */
  readonly done: Promise<void>;
  readonly #options: WatchUserOptions;
  #left: Surroundings["left"];
  #context: Pick<WatchOptions, "metadata" | "requireLeader"> = {};

  constructor(options: WatchUserOptions) {
    this.#options = options;
    this.done = this.#live();
  }

  /** Ends the last watch, if it lives, or leaves that to the client, which is about to be closed. */
  async leave(): Promise<void> {
    const { dice } = this.#options;
    await this.current?.end(dice.chance(50) ? "close" : "cancel");
  }

  /** The one that has not ended. */
  get current(): RecordedWatch | undefined {
    const last = this.watches.at(-1);
    return last?.isOver === false ? last : undefined;
  }

  /** Has its watch's call be heard of, by a watch of a key of its own that is created over the same call. */
  async probe(): Promise<void> {
    const { lane, name } = this.#options;
    const key = Buffer.from(`probe ${name}`);
    const range = { key, rangeEnd: Buffer.alloc(0) };
    const asked = { range, startRevision: 0n, filters: [], prevKv: false, progressNotify: false, createdNotify: false };
    lane.tap.add(asked);
    const channel = lane.watcher.watch(key, this.#context);
    await within(PROBE_TIMEOUT_MS, "a probe", channel.created).catch(() => undefined);
    lane.tap.remove(asked);
    channel.cancel();
  }

  async #live(): Promise<void> {
    const { dice, signal, lane } = this.#options;
    const isOver = (): boolean => signal.aborted;
    await rest(dice.below(1_000), signal);
    while (!isOver()) {
      const choice = this.#choose();
      const watch = this.#begin(choice);
      const over = new AbortController();
      void watch.done.then(() => {
        over.abort();
      });
      const unlink = onAbort(signal, () => {
        over.abort();
      });
      if (dice.chance(15)) void this.#ask(watch);
      if (dice.chance(5) && this.#options.progressIsOrdered)
        void lane.watcher.requestProgress({ metadata: choice.options.metadata ?? {} }).catch(() => undefined);
      await rest(choice.lifetimeMs, over.signal);
      unlink();
      if (isOver()) return;
      if (choice.wayOut === "break") await watch.end("break"); // until the next response, it goes on
      lane.tap.remove(choice.asked);
      await watch.end(choice.wayOut);
      this.#left = { choice, resumeRevision: watch.channel.resumeRevision };
    }
  }

  #choose(): WatchChoice {
    const { dice, lane, surroundings, bufferBytes } = this.#options;
    for (;;) {
      const choice = chooseWatch(dice, { ...surroundings(), left: this.#left }, bufferBytes);
      if (lane.tap.isFree(choice.asked)) return choice;
      this.#left = undefined;
    }
  }

  #begin({ key, options, asked, pace }: WatchChoice): RecordedWatch {
    const { lane, name, ownRefusals } = this.#options;
    const abort = new AbortController();
    const wire = lane.tap.add(asked);
    const channel = lane.watcher.watch(key, { ...options, signal: abort.signal });
    const shown = `${name}.${this.watches.length} ${JSON.stringify({ key: String(key), ...options }, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))}`;
    const watch = new RecordedWatch({ name: shown, asked, channel, abort, pace, wire, ownRefusals });
    this.watches.push(watch);
    const { metadata = {}, requireLeader = true } = options;
    this.#context = { metadata, requireLeader };
    return watch;
  }

  async #ask(watch: RecordedWatch): Promise<void> {
    const odd = await watch.askForProgress(PROGRESS_TIMEOUT_MS);
    if (odd !== undefined) this.oddities.push(odd);
  }
}
