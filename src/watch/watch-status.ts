import { asBigInt } from "../model/int64.ts";
import { jsonInteger } from "../model/json-form.ts";
import type { WatchPlace } from "./watch-home.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** How a watch is doing, for people and metrics: a snapshot. */
export class WatchStatus {
  /**
   * `resuming`: waits for the server to create it, for the first time or again. `watching`: the server has it. `parked`: its reader is
   * behind, so the server does not have it for now. `ended`: no more will come.
   */
  readonly state: WatchPlace | "ended";
  /** The endpoint that serves it, if one does. */
  readonly endpoint: string | undefined;
  /** The server's id of it on the present connection. */
  readonly watchId: bigint | undefined;
  /** Bytes of answers that wait to be read. */
  readonly bufferedBytes: number;
  /** Answers that wait to be read. */
  readonly bufferedResponses: number;
  /** When the last answer for this watch came. Undefined: none yet. */
  readonly lastResponseAt: Date | undefined;
  /** Revisions between the newest that the server has told of and what the reader has taken. 0 for one that has taken all that came. */
  readonly lag: bigint;

  /** @internal */
  constructor(watch: WatcherStream) {
    this.state = watch.outcome === undefined ? (watch.home?.placeOf(watch) ?? "resuming") : "ended";
    const isServed = this.state === "watching";
    this.endpoint = isServed ? watch.home?.endpoint : undefined;
    this.watchId = isServed ? asBigInt(watch.watchId) : undefined;
    this.bufferedBytes = watch.bufferedBytes;
    this.bufferedResponses = watch.bufferedResponses;
    this.lastResponseAt = watch.lastResponseAt;
    this.lag = watch.lag;
  }

  /** With 64-bit numbers as numbers while they are exact. */
  toJSON(): Record<string, unknown> {
    const { watchId, lag, ...rest } = this;
    return { ...rest, watchId: watchId === undefined ? undefined : jsonInteger(watchId), lag: jsonInteger(lag) };
  }
}
