import type { WatchRecord } from "../support/guarantees/watch-record.ts";

const LAST_TURNS = 40;
const FIRST_MESSAGES = 10;

/** What became of a watch, in a few lines: to understand a violation that may not come again. */
export function storyOf({ created, responses, endings, resumeRevision, wire }: WatchRecord): string[] {
  const turns = responses.map(({ kind, headerRevision, events, resumeRevision }) => {
    const [first, last] = [events[0]?.kv.modRevision, events.at(-1)?.kv.modRevision];
    return `${kind}${first === undefined ? "" : ` ${first}..${String(last)}`} (header ${headerRevision}, resume ${resumeRevision})`;
  });
  const creates = (wire?.creates ?? []).map((create) => {
    return `from ${create.startRevision} (delivered ${create.deliveredBefore}, received ${create.receivedBefore})`;
  });
  const serverWatches = (wire?.serverWatches ?? []).map(({ startRevision, createdRevision, revisions, sinceMs, heardUntilMs }) => {
    const range = revisions.length === 0 ? "nothing" : `${revisions[0]}..${revisions.at(-1)}`;
    const heardMs = Math.max(0, heardUntilMs - sinceMs).toFixed(0);
    return `from ${startRevision}, created at ${createdRevision}: ${range} (${revisions.length} events, heard of for ${heardMs} ms)`;
  });
  return [
    `created ${created === undefined ? "never" : "revision" in created ? created.revision : created.rejected}`,
    `creates on the wire: ${creates.join(", ")}`,
    `the last server watches: ${serverWatches.slice(-LAST_TURNS).join("; ")}`,
    `the first that came over the wire: ${(wire?.messages ?? []).slice(0, FIRST_MESSAGES).join(", ")}`,
    `the last that came over the wire: ${(wire?.messages ?? []).slice(-LAST_TURNS).join(", ")}`,
    `the last of ${turns.length} turns: ${turns.slice(-LAST_TURNS).join(", ")}`,
    `ended ${endings.map(({ kind }) => kind).join(", ")}, resumeRevision ${resumeRevision}`,
  ];
}
