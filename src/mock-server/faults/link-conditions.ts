import type { Clock } from "../../util/clock.ts";

/** What the links of a proxy are like now. Shared by all its lanes, and changed while they run. */
export interface LinkConditions {
  readonly clock: Clock;
  traffic: "running" | "stalled";
  /** Each chunk arrives this much later. */
  delayMs: number;
  /** Infinity is as fast as it goes. */
  bytesPerSecond: number;
}
