import type { ConnectionDiagnostics } from "../transport/connection-states.ts";
import type { StreamDiagnostics } from "../watch/stream-report.ts";
import type { WatchDiagnostics } from "../watch/watch-report.ts";

/** The client's own channels of `node:diagnostics_channel`, and the type of what each of them tells. */
export interface ClientDiagnostics {
  /** A connection changed its state: what `client.stateChanges()` yields. */
  readonly "etcd-watch:connection": ConnectionDiagnostics;
  /** A gRPC Watch stream was opened, broke, or was closed. */
  readonly "etcd-watch:stream": StreamDiagnostics;
  /** A watch was created, parked, unparked, resumed, or has ended. */
  readonly "etcd-watch:watch": WatchDiagnostics;
}
