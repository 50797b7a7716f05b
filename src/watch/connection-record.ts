import type { WatchMessage } from "../codec/watch-message.ts";
import type { Clock } from "../util/clock.ts";
import type { ConnectionHealth } from "./stream-retry.ts";
import type { WatchCounters } from "./watch-counters.ts";

/** A connection that lived shorter, and moved no watch on, does not count as healthy. */
const HEALTHY_AFTER_MS = 1_000;

/** How a connection is doing, to be judged by when it has broken. */
export class ConnectionRecord {
  readonly #clock: Clock;
  readonly #counters: WatchCounters;
  readonly #sinceMs: number;
  /** Messages that came. */
  heard = 0;
  /** A create was answered, be it with a refusal. */
  hasAnswered = false;
  /** A watch was given something that moved it on. */
  hasDelivered = false;

  constructor({ clock, counters }: { readonly clock: Clock; readonly counters: WatchCounters }) {
    this.#clock = clock;
    this.#counters = counters;
    this.#sinceMs = clock.nowMs();
  }

  received(message: WatchMessage): void {
    this.heard++;
    this.#counters.received(message);
  }

  health(call: Pick<ConnectionHealth, "endpoint" | "hasToken" | "hasFreshToken">): ConnectionHealth {
    const { hasAnswered: answered, hasDelivered } = this;
    const lived = this.#clock.nowMs() - this.#sinceMs >= HEALTHY_AFTER_MS;
    return { healthy: answered && (lived || hasDelivered), answered, ...call };
  }
}
