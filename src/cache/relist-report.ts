import { diagnosticsChannel } from "../util/diagnostics-channel.ts";
import type { ListCause } from "./list-watch-step.ts";

/** A message of the channel `etcd-watch:relist`: a `ListWatch`, be it an `Informer`'s, lists its keys again. */
export interface RelistDiagnostics {
  /** `client.metrics().clientId`. */
  readonly clientId: number;
  /** The key, or the first one of the range. */
  readonly key: string;
  /** Why its watch could not go on. */
  readonly cause: Exclude<ListCause, "start">;
}

export const relistChannel = diagnosticsChannel<RelistDiagnostics>("etcd-watch:relist");
