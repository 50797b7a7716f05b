import type { ConnectionDiagnostics } from "../transport/connection-states.ts";
import type { StreamDiagnostics } from "../watch/stream-report.ts";
import type { WatchDiagnostics } from "../watch/watch-report.ts";

/** The client's own channels of `node:diagnostics_channel`, and the type of what each of them tells. */
export interface ClientDiagnostics {
  readonly "etcd-watch:connection": ConnectionDiagnostics;
  readonly "etcd-watch:stream": StreamDiagnostics;
  readonly "etcd-watch:watch": WatchDiagnostics;
}
