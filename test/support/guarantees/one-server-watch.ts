import type { WatchRecord } from "./watch-record.ts";

/** A watch of the user has at most one live watch on the server. */
export function oneServerWatch({ wire }: WatchRecord): string[] {
  return wire !== undefined && wire.mostLive > 1 ? [`it had ${wire.mostLive} live watches on the server at a time`] : [];
}
