import { SingleCreates } from "../../src/watch/single-creates.ts";
import { DEFAULT_WATCH_BUFFER, type WatchOptions, watchSpec } from "../../src/watch/watch-options.ts";
import { type WatcherHost, watcherHost } from "../../src/watch/watcher-host.ts";
import { TurnClock } from "../../src/util/turn-clock.ts";
import { UnreadBytes } from "../../src/watch/unread-bytes.ts";
import { WatchCounters } from "../../src/watch/watch-counters.ts";
import { WatcherStream } from "../../src/watch/watcher-stream.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { FakeClock } from "./fake-clock.ts";
import { InMemoryTransport } from "./in-memory-transport.ts";

export type HostOptions = Partial<Pick<WatcherHost, "backoff" | "requireLeader" | "watchBuffer" | "maxReceiveBytes" | "unread">> & {
  readonly endpoints?: readonly string[];
};

/** A `Watcher` of which everything outside is the test's: transport, time, chance, log. */
export interface WatcherHarness {
  readonly watcher: Watcher;
  readonly transport: InMemoryTransport;
  readonly clock: FakeClock;
  /** "warn: message" for each line of the log. */
  readonly log: string[];
  readonly host: WatcherHost;
}

/** Without jitter a delayed try would wait; here each reconnect comes as soon as the clock moves, unless the test says otherwise. */
const NO_DELAY = { baseMs: 20, maxMs: 3_000, random: () => 0 };

export function watcherHarness({ endpoints, ...options }: HostOptions = {}): WatcherHarness {
  const transport = new InMemoryTransport(endpoints === undefined ? {} : { endpoints });
  const clock = new FakeClock();
  const log: string[] = [];
  const at = (level: string) => (message: string) => {
    log.push(`${level}: ${message}`);
  };
  const turnClock = new TurnClock(clock);
  const host: WatcherHost = {
    clientId: 7,
    transport,
    namespace: undefined,
    requireLeader: true,
    watchBuffer: DEFAULT_WATCH_BUFFER,
    backoff: NO_DELAY,
    maxReceiveBytes: 2 ** 31 - 1,
    requestTimeoutMs: 5_000,
    logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    clock,
    turnClock,
    counters: new WatchCounters(turnClock),
    unread: new UnreadBytes(Infinity),
    singleCreates: new SingleCreates(clock),
    watchers: new Set(),
    ...options,
  };
  return { watcher: new Watcher({ [watcherHost]: host }), transport, clock, log, host };
}

/** Lets everything happen that has been set off: promises have no more to do once the event loop turns. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A watch that no stream has yet. */
export function watcherStream(key: string, options: WatchOptions = {}): WatcherStream {
  const turnClock = new TurnClock(new FakeClock());
  return new WatcherStream(watchSpec(key, options, { buffer: DEFAULT_WATCH_BUFFER }), {
    clientId: 7,
    turnClock,
    counters: new WatchCounters(turnClock),
    unread: new UnreadBytes(Infinity),
  });
}
