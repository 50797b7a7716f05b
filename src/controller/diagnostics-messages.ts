import type { RelistDiagnostics } from "../cache/relist-report.ts";
import type { ClientDiagnostics } from "../client/client-diagnostics.ts";
import type { ReconcileDiagnostics } from "./reconcile-report.ts";

/** The library's channels of `node:diagnostics_channel`, and the type of what each of them tells. */
export interface DiagnosticsMessages extends ClientDiagnostics {
  readonly "etcd-watch:relist": RelistDiagnostics;
  readonly "etcd-watch:reconcile": ReconcileDiagnostics;
}
