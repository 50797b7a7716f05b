import type { WatchRecord } from "./watch-record.ts";

/** All events of a revision come in one response. */
export function atomic({ responses }: WatchRecord): string[] {
  let last: bigint | undefined;
  return responses.flatMap(({ events }) => {
    const first = events[0]?.kv.modRevision;
    const before = last;
    last = events.at(-1)?.kv.modRevision ?? last;
    return first !== undefined && first === before ? [`revision ${first} was torn over two responses`] : [];
  });
}
