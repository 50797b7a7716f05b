import type { EtcdError } from "../errors/etcd-error.ts";
import { diagnosticsChannel } from "../util/diagnostics-channel.ts";
import { identityOf } from "../util/identity.ts";
import type { Logger } from "../util/logger.ts";
import { endCause, type WatchCounters, type WatchEndCause } from "./watch-counters.ts";
import type { WatchOutcome } from "./watch-outcome.ts";

/** A message of the channel `etcd-watch:watch`: what happens to one watch. */
export type WatchDiagnostics = {
  /** `client.metrics().clientId`. */
  readonly clientId: number;
  /** Tells this watch from all others of the process: the server's ids are used again. */
  readonly watchNumber: number;
  /** The key, or the first one of the range. */
  readonly key: string;
  /** Which endpoint serves its stream now, if one does. */
  readonly endpoint: string | undefined;
} & WatchHappening;

/** What happens to a watch. */
export type WatchHappening =
  /** The server has registered it: for the first time, or again after a reconnect or a parking. */
  | {
      /** What has happened. */
      readonly type: "created" | "resumed";
    }
  /** Its reader has left more unread than it may, so the server was told to forget it for now. */
  | {
      /** What has happened. */
      readonly type: "parked";
      /** What is unread. */
      readonly bufferedBytes: number;
      /** What may be. */
      readonly limitBytes: number;
    }
  /** The reader has caught up. `resumed` follows. */
  | {
      /** What has happened. */
      readonly type: "unparked";
    }
  /** `error` is what the loop over it throws; undefined for a quiet end. */
  | {
      /** What has happened. */
      readonly type: "ended";
      /** By what. */
      readonly cause: WatchEndCause;
      /** What the loop throws. */
      readonly error: EtcdError | undefined;
    };

const watchChannel = diagnosticsChannel<WatchDiagnostics>("etcd-watch:watch");

/** A watch, as far as it is told of. */
interface ToldWatch {
  readonly keyText: string;
  readonly home: { readonly endpoint: string | undefined } | undefined;
  readonly bufferedBytes: number;
  readonly limitBytes: number;
  parkings: number;
}

interface Teller {
  readonly clientId: number;
  readonly counters: WatchCounters;
}

export function watchCreated({ clientId }: Teller, watch: ToldWatch, type: "created" | "resumed"): void {
  if (watchChannel.hasSubscribers) publish(clientId, watch, { type });
}

export function watchParked({ clientId, counters, logger }: Teller & { readonly logger: Logger }, watch: ToldWatch): void {
  counters.parkings++;
  const { keyText: key, bufferedBytes, limitBytes } = watch;
  if (watch.parkings++ === 0) logger.warn("A watch is parked: its reader is behind", { key, limitBytes });
  if (watchChannel.hasSubscribers) publish(clientId, watch, { type: "parked", bufferedBytes, limitBytes });
}

export function watchUnparked({ clientId }: Teller, watch: ToldWatch): void {
  if (watchChannel.hasSubscribers) publish(clientId, watch, { type: "unparked" });
}

export function watchEnded({ clientId, counters }: Teller, watch: ToldWatch, outcome: WatchOutcome): void {
  const cause = endCause(outcome);
  counters.ended[cause]++;
  if (!watchChannel.hasSubscribers) return;
  publish(clientId, watch, { type: "ended", cause, error: outcome.kind === "error" ? outcome.error : undefined });
}

function publish(clientId: number, watch: ToldWatch, happening: WatchHappening): void {
  watchChannel.publish({ clientId, watchNumber: identityOf(watch), key: watch.keyText, endpoint: watch.home?.endpoint, ...happening });
}
