import { type CompactedError, isCompactedError, type WatchCanceledError } from "../errors/etcd-error.ts";
import { Backoff } from "../util/backoff.ts";
import { sleep } from "../util/clock.ts";
import { revisionNow } from "./server-queries.ts";
import type { WatchPlaces } from "./watch-places.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** A server that says so often in a row that what it has is gone is believed. */
const MOST_ODD_COMPACTIONS = 10;
/** A refusal so long after the last one is a first one again, in ms. */
const FORGET_AFTER_MS = 60_000;

interface Refusals {
  readonly backoff: Backoff;
  lastAtMs: number;
}

/** Watches that are parked, not for their reader, but until something is known or has passed. */
export class LateCreates {
  readonly #host: WatcherHost;
  readonly #places: WatchPlaces;
  readonly #signal: AbortSignal;
  readonly #refusals = new WeakMap<WatcherStream, Refusals>();
  /** Refused, and not to be created again before their time. */
  readonly #delayed = new Set<WatcherStream>();

  /** @param signal is aborted when their stream is closed */
  constructor(host: WatcherHost, places: WatchPlaces, signal: AbortSignal) {
    this.#host = host;
    this.#places = places;
    this.#signal = signal;
  }

  /** Has the watch created from "now" as a read tells it: the server did not. */
  async findStart(watch: WatcherStream): Promise<void> {
    this.#places.park(watch);
    const isWanted = (): boolean => this.#places.parked.has(watch);
    const revision = await revisionNow(this.#host, watch.spec.range, { signal: this.#signal, isWanted });
    if (revision === undefined) return;
    watch.startAfter(revision);
    this.#places.unpark(watch);
  }

  /** Has a watch created again that was refused for what may pass. False if it was refused too often. */
  retry(watch: WatcherStream, error: CompactedError | WatchCanceledError): boolean {
    const { clock, logger } = this.#host;
    const nowMs = clock.nowMs();
    let refusals = this.#refusals.get(watch);
    if (refusals === undefined || nowMs - refusals.lastAtMs > FORGET_AFTER_MS)
      refusals = { backoff: new Backoff(this.#host.backoff), lastAtMs: nowMs };
    refusals.lastAtMs = nowMs;
    this.#refusals.set(watch, refusals);
    if (isCompactedError(error) && refusals.backoff.attempt >= MOST_ODD_COMPACTIONS) return false;
    const delayMs = refusals.backoff.nextMs();
    logger.debug("A watch was refused for what may pass; it is created again", { key: watch.keyText, error, delayMs });
    void this.#unparkAfter(watch, delayMs);
    return true;
  }

  /** The reader of a parked watch has caught up. */
  caughtUp(watch: WatcherStream): void {
    if (!this.#delayed.has(watch)) this.#places.unpark(watch);
  }

  async #unparkAfter(watch: WatcherStream, delayMs: number): Promise<void> {
    this.#places.park(watch);
    this.#delayed.add(watch);
    await sleep(delayMs, { signal: this.#signal, clock: this.#host.clock }).catch(() => undefined);
    this.#delayed.delete(watch);
    if (!this.#signal.aborted) this.#places.unpark(watch);
  }
}
