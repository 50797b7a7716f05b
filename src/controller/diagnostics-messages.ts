import type { RelistDiagnostics } from "../cache/relist-report.ts";
import type { ClientDiagnostics } from "../client/client-diagnostics.ts";
import type { ReconcileDiagnostics } from "./reconcile-report.ts";

/** The library's channels of `node:diagnostics_channel`, and the type of what each of them tells. */
export interface DiagnosticsMessages extends ClientDiagnostics {
  /** A list was read again, and why. */
  readonly "etcd-watch:relist": RelistDiagnostics;
  /** A controller's `reconcile` began, ended or failed. */
  readonly "etcd-watch:reconcile": ReconcileDiagnostics;
}
