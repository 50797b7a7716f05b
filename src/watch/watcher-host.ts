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

/** What a `Watcher` needs of its client. Users see a name without members: enough to tell a client from anything else. */
export interface WatcherHost {
  /** @internal How messages for diagnostics channels name the client. */
  readonly clientId: number;
  /** @internal */
  readonly transport: Transport;
  /** @internal What every key has before it on the server. */
  readonly namespace: Namespace | undefined;
  /** @internal */
  readonly requireLeader: boolean;
  /** @internal */
  readonly watchBuffer: Required<WatchBufferOptions>;
  /** @internal */
  readonly backoff: BackoffOptions;
  /** @internal */
  readonly maxReceiveBytes: number;
  /** @internal */
  readonly requestTimeoutMs: number;
  /** @internal */
  readonly logger: Logger;
  /** @internal */
  readonly clock: Clock;
  /** @internal For what is asked with every message. */
  readonly turnClock: TurnClock;
  /** @internal What the watches of all watchers hold unread. */
  readonly unread: UnreadBytes;
  /** @internal What is counted about the watches of all watchers. */
  readonly counters: WatchCounters;
  /** @internal How many creates may be in flight on a stream at the most. Default 256. */
  readonly createWindow?: number | undefined;
  /** @internal */
  readonly singleCreates: SingleCreates;
  /** @internal The watchers that are open, for the client to close and to measure. */
  readonly watchers: Set<{ close(): Promise<void>; measure(gauges: WatchGauges): void }>;
}

/** A client, as far as a `Watcher` is concerned. */
export interface WatcherClient {
  /** What its watchers work with. */
  readonly [watcherHost]: WatcherHost;
}
