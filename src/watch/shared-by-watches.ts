import type { TurnClock } from "../util/turn-clock.ts";
import type { UnreadBytes } from "./unread-bytes.ts";
import type { WatchCounters } from "./watch-counters.ts";

/** What all watches of a client have in common. */
export interface SharedByWatches {
  readonly turnClock: TurnClock;
  readonly unread: UnreadBytes;
  readonly counters: WatchCounters;
  readonly clientId: number;
}
