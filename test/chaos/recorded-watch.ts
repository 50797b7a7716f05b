import { isCompactedError, type WatchChannel, type WatchResponse } from "etcd-watch";
import type { KeyValue } from "../../src/model/key-value.ts";
import type {
  Ending,
  ProgressAnswer,
  RecordedEvent,
  RecordedKv,
  RecordedResponse,
  WatchAsked,
  WatchRecord,
} from "../support/guarantees/watch-record.ts";
import { rest } from "./rest.ts";
import type { WireWatch } from "./wire-tap.ts";

/** How its user ends a watch. */
export type WayOut = "cancel" | "abort" | "break" | "dispose";

/** How long a reader takes over its `turn`th response, in ms. 0 is not even a turn of the event loop. */
export type Pace = (turn: number) => number;

/** A reader who waits for the next response before he leaves by `break` waits no longer than this. */
const BREAK_WITHIN_MS = 300;

/** Why `requestProgress()` may be refused: an old server, a silent one, one out of reach, one that was stopped for
 * longer than a token lives, and a watch that has ended with its reader behind. */
const GOOD_REASONS: ReadonlySet<string> = new Set([
  "UNSUPPORTED",
  "DEADLINE_EXCEEDED",
  "UNAVAILABLE",
  "COMPACTED",
  "UNAUTHENTICATED",
  "INTERNAL",
]);

export interface RecordedWatchOptions {
  readonly name: string;
  readonly asked: WatchAsked;
  readonly channel: WatchChannel;
  /** What `abort` aborts; the channel's signal. */
  readonly abort: AbortController;
  readonly pace: Pace;
  readonly wire: WireWatch;
  /** Other reasons for which progress may be refused by this server. */
  readonly ownRefusals?: readonly string[] | undefined;
}

/** Reads a watch at its pace, and keeps all that a check may want to know. */
export class RecordedWatch {
  /** Settles when its loop has ended. Never rejects. */
  readonly done: Promise<void>;
  readonly #options: RecordedWatchOptions;
  readonly #responses: RecordedResponse[] = [];
  readonly #progressAnswers: ProgressAnswer[] = [];
  readonly #endings: Ending[] = [];
  readonly #hurry = new AbortController();
  #created: WatchRecord["created"];
  #leaving: "no" | "at the next response" | "yes" = "no";
  #afterEnd = 0;
  /** What it must have delivered when the round ends, and since when it was all there to be had. */
  due: { readonly revision: bigint; readonly sinceMs: number } | undefined;
  eventCount = 0;

  constructor(options: RecordedWatchOptions) {
    this.#options = options;
    options.channel.created.then(
      ({ revision }) => (this.#created = { revision }),
      (error: unknown) => (this.#created = { rejected: String(error) }),
    );
    this.done = this.#read();
  }

  get channel(): WatchChannel {
    return this.#options.channel;
  }

  get asked(): WatchAsked {
    return this.#options.asked;
  }

  get isOver(): boolean {
    return this.#endings.length > 0;
  }

  get record(): WatchRecord {
    const { name, asked, channel, wire } = this.#options;
    return {
      ...{ name, asked, wire, created: this.#created, responses: this.#responses, progressAnswers: this.#progressAnswers },
      ...{ endings: this.#endings, endedByUser: this.#leaving === "yes", afterEnd: this.#afterEnd, dueRevision: this.due?.revision },
      dueSinceMs: this.due?.sinceMs,
      resumeRevision: channel.resumeRevision,
    };
  }

  /** Reads as fast as it can from now on. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Ends it, and resolves when its loop is over. */
  async end(way: WayOut | "close"): Promise<void> {
    if (way === "break" && !this.isOver) {
      this.#leaving = "at the next response";
      this.hurry();
      const patience = new AbortController();
      void this.done.then(() => {
        patience.abort();
      });
      await rest(BREAK_WITHIN_MS, patience.signal);
    }
    // Closing its client does not end a watch that the server has ended: what it holds can still be read.
    if (!this.isOver && !(way === "close" && this.channel.status.state === "ended")) this.#leaving = "yes";
    if (way === "abort") this.#options.abort.abort(new Error("no longer wanted"));
    else if (way === "dispose") await this.channel[Symbol.asyncDispose]();
    else if (way !== "close") this.channel.cancel();
    this.hurry();
    if (way !== "close") await this.done;
  }

  /** Asks for progress and keeps the answer. Resolves with why there was none, if it is no good reason. */
  async askForProgress(timeoutMs: number): Promise<string | undefined> {
    try {
      const revision = await this.channel.requestProgress({ timeoutMs });
      const ahead = this.channel.status.bufferedResponses;
      this.#progressAnswers.push({ revision, responses: this.#responses.length + ahead + 1 }); // one may be on its way to the loop
      return undefined;
    } catch (error) {
      if (this.isOver || this.#leaving !== "no") return undefined;
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      const isExpected = GOOD_REASONS.has(String(code)) || this.#options.ownRefusals?.includes(String(code)) === true;
      return isExpected ? undefined : String(error);
    }
  }

  async #read(): Promise<void> {
    const iterator = this.channel[Symbol.asyncIterator]();
    try {
      for (let turn = 0; ; turn++) {
        const result = await iterator.next();
        if (result.done === true) break;
        this.#take(result.value);
        if (this.#leaving === "at the next response") {
          this.#leaving = "yes";
          await iterator.return?.();
          break;
        }
        const pauseMs = this.#options.pace(turn);
        if (pauseMs > 0 && !this.#hurry.signal.aborted) await rest(pauseMs, this.#hurry.signal);
      }
      this.#endings.push({ kind: "quiet" });
    } catch (error) {
      this.#endings.push(endingOf(error));
    }
    await this.#readOn(iterator);
  }

  /** A loop that is over stays over. */
  async #readOn(iterator: AsyncIterator<WatchResponse>): Promise<void> {
    for (let again = 0; again < 2; again++) {
      try {
        if ((await iterator.next()).done !== true) this.#afterEnd++;
      } catch (error) {
        this.#endings.push(endingOf(error));
      }
    }
  }

  #take(response: WatchResponse): void {
    if (this.#leaving === "yes") {
      this.#afterEnd++;
      return;
    }
    const { wire } = this.#options;
    const { header, created, events } = response;
    const recorded = events.map(({ type, kv, prevKv, isCreate }): RecordedEvent => ({
      ...{ type, kv: recordedKv(kv), isCreate },
      prevKv: prevKv === undefined ? undefined : recordedKv(prevKv),
    }));
    this.#responses.push({
      kind: created ? "created" : response.isProgressNotify ? "progress" : "events",
      headerRevision: header.revision,
      events: recorded,
      resumeRevision: this.channel.resumeRevision,
    });
    this.eventCount += events.length;
    wire.delivered = events.at(-1)?.kv.modRevision ?? wire.delivered;
  }
}

function recordedKv({ key, value, createRevision, modRevision, version, lease }: KeyValue): RecordedKv {
  return { key: key.toString("latin1"), value: value.toString("latin1"), createRevision, modRevision, version, lease };
}

function endingOf(error: unknown): Ending {
  if (!isCompactedError(error)) return { kind: "error", error: String(error) };
  const { requestedRevision, compactRevision } = error;
  return { kind: "compacted", requestedRevision, compactRevision };
}
