import type { EtcdError } from "../errors/etcd-error.ts";
import { diagnosticsChannel } from "../util/diagnostics-channel.ts";
import { identityOf } from "../util/identity.ts";
import type { WatcherHost } from "./watcher-host.ts";

/** A message of the channel `etcd-watch:stream`: what happens to one gRPC Watch stream, which many watches share. */
export type StreamDiagnostics = {
  /** `client.metrics().clientId`. */
  readonly clientId: number;
  /** Tells this stream from all others of the process, however often it is opened again. */
  readonly streamNumber: number;
} & StreamHappening;

/** What happens to a stream. */
export type StreamHappening =
  /** A call has been opened, for the first time or again. */
  | {
      /** What has happened. */
      readonly type: "opened";
      /** Where it leads to. */
      readonly endpoint: string;
    }
  | BrokenStream
  /** It has no watches any more, and is opened no more. */
  | {
      /** What has happened. */
      readonly type: "closed";
    };

/** The call is over, or none could be opened. */
export interface BrokenStream {
  /** What has happened. */
  readonly type: "broke";
  /** Undefined if none could be opened. */
  readonly endpoint: string | undefined;
  /** Why. */
  readonly error: EtcdError;
  /** The error's code: a gRPC status name, or `PROTOCOL`. */
  readonly cause: string;
  /** Until it is opened again, in ms. Undefined if no retry can cure it, so that its watches end. */
  readonly delayMs: number | undefined;
  /** How many watches it has. */
  readonly watches: number;
}

const streamChannel = diagnosticsChannel<StreamDiagnostics>("etcd-watch:stream");

/** @internal */
export function streamOpened({ clientId }: WatcherHost, stream: object, endpoint: string): void {
  if (streamChannel.hasSubscribers) streamChannel.publish({ clientId, streamNumber: identityOf(stream), type: "opened", endpoint });
}

/** @internal */
export function streamBroke(
  host: WatcherHost,
  stream: object,
  broken: Pick<BrokenStream, "endpoint" | "error" | "delayMs" | "watches">,
): void {
  const { clientId, counters, logger } = host;
  const { endpoint, error, delayMs, watches } = broken;
  const { code: cause } = error;
  if (delayMs === undefined) logger.error("A watch stream has ended for good", { error, code: cause, endpoint });
  else {
    counters.reconnecting(cause);
    logger.debug("A watch stream broke; it is opened again", { error, code: cause, endpoint, delayMs, watches });
  }
  if (streamChannel.hasSubscribers) streamChannel.publish({ clientId, streamNumber: identityOf(stream), type: "broke", cause, ...broken });
}

/** @internal */
export function streamClosed({ clientId }: WatcherHost, stream: object): void {
  if (streamChannel.hasSubscribers) streamChannel.publish({ clientId, streamNumber: identityOf(stream), type: "closed" });
}
