/** What a measured program is told, one line of JSON each, and what it answers, one line each. The Go program knows the same. */
export type Order =
  /** One watch; the time from the first delivery to the last. */
  | { readonly do: "throughput"; readonly endpoint: string; readonly key: string; readonly events: number; readonly touch: boolean }
  /** One watch of single events that carry the time at which they were sent. */
  | { readonly do: "latency"; readonly endpoint: string; readonly key: string; readonly events: number }
  /** So many watches; answers when all are registered. They stay until the program ends. */
  | { readonly do: "watch"; readonly endpoint: string; readonly key: string; readonly count: number; readonly read: boolean }
  /** Answers when so many events more have come, with the time since the first of them was sent. */
  | { readonly do: "await-events"; readonly count: number }
  /** A reader who takes a response, or as many events, each `pauseMs`, beside one who reads as fast as it goes. */
  | {
      readonly do: "slow";
      readonly endpoint: string;
      /** Empty for the fast one alone. */
      readonly slowKey: string;
      readonly slowEvents: number;
      readonly pauseMs: number;
      readonly fastKey: string;
      readonly fastEvents: number;
    }
  /** One watch; the memory after each tenth of the events. */
  | { readonly do: "memory"; readonly endpoint: string; readonly key: string; readonly events: number }
  | { readonly do: "leave" };

export interface ThroughputAnswer {
  readonly ms: number;
  readonly cpuMs: number;
}

export interface LatencyAnswer {
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface WatchAnswer {
  readonly heapBytesPerWatch: number;
}

export interface EventsAnswer {
  readonly ms: number;
}

export interface SlowAnswer {
  readonly fastMs: number;
  readonly idleBytes: number;
  /** The most while the slow reader was slow, and nearly all of its load pending. */
  readonly pendingPeakBytes: number;
  /** The most of all, also when it then read the rest as fast as it goes. */
  readonly peakBytes: number;
  /** What the slow reader had when the fast one was done. */
  readonly slowTaken: number;
  /** It got every event of its load once. */
  readonly exact: boolean;
}

export interface MemoryAnswer {
  readonly samples: readonly { readonly events: number; readonly heapBytes: number; readonly residentBytes: number }[];
}
