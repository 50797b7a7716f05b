import type { WatchMessage } from "../codec/watch-message.ts";
import { isRpcError, isWatchCanceledError } from "../errors/etcd-error.ts";
import type { TurnClock } from "../util/turn-clock.ts";
import type { WatchOutcome } from "./watch-outcome.ts";

/** Why a watch ended. */
export type WatchEndCause =
  /** The user wanted it: cancel, abort, break, close. */
  | "quiet"
  /** `CompactedError`. */
  | "compacted"
  /** `WatchCanceledError`: the server refused or cancelled it. */
  | "refused"
  /** `SlowConsumerError`. */
  | "slow-consumer"
  /** `ClusterChangedError`. */
  | "cluster-changed"
  /** `RpcError`: its stream failed in a way that no retry cures. */
  | "failed"
  /** `ProtocolError`. */
  | "protocol"
  /** `ClosedError`: it was begun after `close()`. */
  | "closed";

/** What is counted about the watches of a client, since it was made. One object of one shape, as some of it is counted for each message. */
export class WatchCounters {
  creates = 0;
  cancels = 0;
  responses = 0;
  events = 0;
  bytesReceived = 0;
  progressNotices = 0;
  parkings = 0;
  readonly ended: Record<WatchEndCause, number> = {
    quiet: 0,
    compacted: 0,
    refused: 0,
    "slow-consumer": 0,
    "cluster-changed": 0,
    failed: 0,
    protocol: 0,
    closed: 0,
  };
  /** By the code of what broke the stream. */
  readonly reconnects = new Map<string, number>();
  /** By the clock; NaN before the first one. (A number throughout, or each would be an object on the heap.) */
  lastResponseAtMs = NaN;
  lastProgressAtMs = NaN;
  readonly #turnClock: TurnClock;

  constructor(turnClock: TurnClock) {
    this.#turnClock = turnClock;
  }

  /** For each message: additions, and a clock that is read once a turn. */
  received(message: WatchMessage): void {
    this.responses++;
    this.events += message.events.length;
    this.bytesReceived += message.byteLength;
    this.lastResponseAtMs = this.#turnClock.nowMs();
    if (message.lastRevision === 0 && isProgressNotice(message)) {
      this.progressNotices++;
      this.lastProgressAtMs = this.lastResponseAtMs;
    }
  }

  reconnecting(code: string): void {
    this.reconnects.set(code, (this.reconnects.get(code) ?? 0) + 1);
  }
}

function isProgressNotice({ created, canceled, compactRevision, fragment }: WatchMessage): boolean {
  return !created && !canceled && compactRevision === 0 && !fragment;
}

export function endCause(outcome: WatchOutcome): WatchEndCause {
  if (outcome.kind === "quiet") return "quiet";
  const { error } = outcome;
  if (isRpcError(error)) return "failed";
  if (isWatchCanceledError(error)) return "refused";
  return causes[error.code] ?? "failed";
}

/** Of the errors whose code is their class's own. */
const causes: Readonly<Partial<Record<string, WatchEndCause>>> = {
  COMPACTED: "compacted",
  SLOW_CONSUMER: "slow-consumer",
  CLUSTER_CHANGED: "cluster-changed",
  PROTOCOL: "protocol",
  CLOSED: "closed",
};
