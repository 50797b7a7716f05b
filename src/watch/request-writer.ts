import type { Int64 } from "../model/int64.ts";
import type { DuplexCall } from "../transport/transport.ts";
import type { WatchCounters } from "./watch-counters.ts";
import { encodeCancel, encodeCreate, encodeProgress } from "./watch-request.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** Writes the requests of one connection, and counts them. */
export class RequestWriter {
  readonly #call: DuplexCall;
  readonly #counters: WatchCounters;
  readonly #fragmentAll: boolean;

  /** @param options `fragmentAll`: ask for fragments whatever the watch's own option says */
  constructor({ call, counters, fragmentAll }: { call: DuplexCall; counters: WatchCounters; fragmentAll: boolean }) {
    this.#call = call;
    this.#counters = counters;
    this.#fragmentAll = fragmentAll;
  }

  create({ spec, next64: startRevision }: WatcherStream, watchId: Int64): void {
    this.#counters.creates++;
    this.#call.write(encodeCreate(spec, { startRevision, fragment: spec.fragment || this.#fragmentAll, watchId }));
  }

  cancel(watchId: Int64): void {
    this.#counters.cancels++;
    this.#call.write(encodeCancel(watchId));
  }

  progress(): void {
    this.#call.write(encodeProgress());
  }
}
