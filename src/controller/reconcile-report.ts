import { diagnosticsChannel } from "../util/diagnostics-channel.ts";

/** A message of the channel `etcd-watch:reconcile`: one run of a controller's `reconcile` has begun, ended, or thrown. */
export type ReconcileDiagnostics = {
  /** Tells this controller from all others of the process. */
  readonly controllerNumber: number;
  /** Never worked on twice at once by one controller. */
  readonly key: string;
  /** 1, and one more for each failure since the last success. */
  readonly attempt: number;
} & ReconcileHappening;

/** What happens to one run of `reconcile`. */
export type ReconcileHappening =
  | {
      /** What has happened. */
      readonly type: "start";
    }
  | {
      /** What has happened. */
      readonly type: "end";
      /** How long it took. */
      readonly durationMs: number;
    }
  /** Whether it runs again is for the controller to decide; a `TerminalError` is final. */
  | {
      /** What has happened. */
      readonly type: "error";
      /** How long it took. */
      readonly durationMs: number;
      /** What it threw. */
      readonly error: unknown;
    };

export const reconcileChannel = diagnosticsChannel<ReconcileDiagnostics>("etcd-watch:reconcile");
