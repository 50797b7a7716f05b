import type { Namespace } from "../model/namespace.ts";
import type { Transport } from "../transport/transport.ts";
import type { BackoffOptions } from "../util/backoff.ts";
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import type { TurnClock } from "../util/turn-clock.ts";
import type { SingleCreates } from "./single-creates.ts";
import type { UnreadBytes } from "./unread-bytes.ts";
import type { WatchCounters } from "./watch-counters.ts";
import type { WatchGauges } from "./watch-gauges.ts";
import type { WatchBufferOptions } from "./watch-options.ts";

/** Under which a client shows its watchers what they work with. */
export const watcherHost = Symbol("etcd-watch.watcher-host");

/** What a `Watcher` needs of its client. */
export interface WatcherHost {
  /** How messages for diagnostics channels name the client. */
  readonly clientId: number;
  readonly transport: Transport;
  /** What every key has before it on the server. */
  readonly namespace: Namespace | undefined;
  readonly requireLeader: boolean;
  readonly watchBuffer: Required<WatchBufferOptions>;
  readonly backoff: BackoffOptions;
  readonly maxReceiveBytes: number;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** For what is asked with every message. */
  readonly turnClock: TurnClock;
  /** What the watches of all watchers hold unread. */
  readonly unread: UnreadBytes;
  /** What is counted about the watches of all watchers. */
  readonly counters: WatchCounters;
  readonly singleCreates: SingleCreates;
  /** The watchers that are open, for the client to close and to measure. */
  readonly watchers: Set<{ close(): Promise<void>; measure(gauges: WatchGauges): void }>;
}

/** A client, as far as a `Watcher` is concerned. */
export interface WatcherClient {
  readonly [watcherHost]: WatcherHost;
}
