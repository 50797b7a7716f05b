import { jsonInteger } from "../model/json-form.ts";
import { timeOfDay } from "../util/clock.ts";
import type { WatchEndCause } from "../watch/watch-counters.ts";
import { WatchGauges } from "../watch/watch-gauges.ts";
import type { WatcherHost } from "../watch/watcher-host.ts";

/**
 * How a client and its watches are doing: a snapshot. What counts only grows, from 0 when the client was made; the rest is as it is now.
 * Asking walks the watches: less than a millisecond for ten thousand.
 */
export class ClientMetrics {
  /** Which client it is, among those of the process: diagnostics channels name it so. */
  readonly clientId: number;
  /** Now: connections that are up and take new calls, those for watches and those for requests. */
  readonly connections: number;
  /** Now: gRPC Watch streams that are open. Watches with equal metadata share one. */
  readonly streams: number;
  /** Now: watches that have not ended, by where they are, as `WatchStatus.state` says. */
  readonly watches: {
    /** Wait for the server to create them. */
    readonly resuming: number;
    /** The server has them. */
    readonly watching: number;
    /** Their reader is behind, or they wait until what refused them has passed. */
    readonly parked: number;
  };
  /** Count: create requests sent, those after a reconnect or a parking too. */
  readonly creates: number;
  /** Count: cancel requests sent. The last watch of a stream takes the stream with it, and sends none. */
  readonly cancels: number;
  /** Count: messages received on Watch streams, answers to creates and cancels, fragments and progress notices too. */
  readonly responses: number;
  /** Count: events in them. */
  readonly events: number;
  /** Count: bytes of these messages, without the framing of HTTP/2 and TLS. */
  readonly bytesReceived: number;
  /** Count: progress notices received. One for the whole stream counts once. */
  readonly progressNotices: number;
  /** Now: bytes received and not yet read, of watches that have not ended. */
  readonly bufferedBytes: number;
  /** Now: responses received and not yet read, of watches that have not ended. */
  readonly bufferedResponses: number;
  /** Count: how often a watch was parked, as its reader was behind. */
  readonly parkings: number;
  /** Count: watches that ended, by cause. */
  readonly ended: Readonly<Record<WatchEndCause, number>>;
  /** Count: Watch streams that broke, or could not be opened, and were tried again; by the code of the error, a gRPC status name as a rule. */
  readonly reconnects: Readonly<Record<string, number>>;
  /** Now: the greatest `WatchStatus.lag`, in revisions. */
  readonly greatestLag: bigint;
  /** When the last message came on a Watch stream, in ms since 1970. Undefined before the first. */
  readonly lastResponseAtMs: number | undefined;
  /** When the last progress notice came, in ms since 1970. Undefined before the first. */
  readonly lastProgressAtMs: number | undefined;

  /** @internal */
  constructor({ clientId, counters, watchers, clock }: WatcherHost, connections: number) {
    const gauges = new WatchGauges();
    for (const watcher of watchers) watcher.measure(gauges);
    const { resuming, watching, parked } = gauges;
    const epochMs = (atMs: number): number | undefined => (Number.isNaN(atMs) ? undefined : timeOfDay(clock, atMs).getTime());
    this.clientId = clientId;
    this.connections = connections;
    this.streams = gauges.streams;
    this.watches = { resuming, watching, parked };
    this.creates = counters.creates;
    this.cancels = counters.cancels;
    this.responses = counters.responses;
    this.events = counters.events;
    this.bytesReceived = counters.bytesReceived;
    this.progressNotices = counters.progressNotices;
    this.bufferedBytes = gauges.bufferedBytes;
    this.bufferedResponses = gauges.bufferedResponses;
    this.parkings = counters.parkings;
    this.ended = { ...counters.ended };
    this.reconnects = Object.fromEntries(counters.reconnects);
    this.greatestLag = gauges.greatestLag;
    this.lastResponseAtMs = epochMs(counters.lastResponseAtMs);
    this.lastProgressAtMs = epochMs(counters.lastProgressAtMs);
  }

  /** The same, with the lag as etcdctl prints a 64-bit integer: a number while it is exact. */
  toJSON(): Record<string, unknown> {
    return { ...Object.fromEntries(Object.entries(this)), greatestLag: jsonInteger(this.greatestLag) };
  }
}
