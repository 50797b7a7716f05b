import type { Int64 } from "../model/int64.ts";
import type { WatchEvent } from "../model/watch-event.ts";

/** A server may send what was not asked for: events at or below "now" (see api.md), or old ones after a restore (etcd-io/etcd#20221). */
export function notBelow(events: readonly WatchEvent[], revision: Int64): readonly WatchEvent[] {
  const first = events[0]; // not by destructuring, which iterates: this is done for each message
  return first === undefined || first.kv.modRevision64 >= revision ? events : events.filter(({ kv }) => kv.modRevision64 >= revision);
}
