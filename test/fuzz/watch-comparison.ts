import type { WatchResponse } from "../../src/gen/rpc.ts";

/** How far the responses of one watch are fixed by what was asked. */
export type Fixed =
  /** Everything is: the watch was up to date before anything was written. */
  | "all"
  /** Writes were made while the watch was catching up, or how a response is cut depends on who is faster. */
  | "events"
  /** The watch was cancelled while it was sent to. */
  | "beginning";

export interface Said {
  readonly responses: readonly WatchResponse[];
  readonly text: (value: unknown) => string;
}

const ALL_WATCHES = -1n;
const LINES_BEFORE = 2;
const LINES_AFTER = 3;
const LONGEST_LINE = 800;

/** One response as the lines that are compared, or an event each. */
type Lines = readonly string[];

/**
 * What does not agree between what two servers said on one stream; undefined if all does.
 *
 * Compared for each watch apart. etcd goes over the watches of a group in the order of a Go map, so that the order of the responses for
 * two of them means nothing (mvcc/watchable_store.go). Refusals and progress have no watch and the id -1; they come through two queues,
 * between which etcd chooses at random (v3rpc/watch.go, sendLoop), so that they are held apart as well.
 */
export function streamDifference(
  bundled: Said,
  real: Said,
  fixed: (watchId: bigint) => Fixed,
): { bundled: string; real: string } | undefined {
  const [ours, theirs] = [byWatch(bundled.responses), byWatch(real.responses)];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(name) ?? [], theirs.get(name) ?? []];
    const watchId = a[0]?.watchId ?? b[0]?.watchId ?? ALL_WATCHES;
    const how = watchId === ALL_WATCHES ? "all" : fixed(watchId);
    const [aLines, bLines] = [lines(a, bundled.text, how), lines(b, real.text, how)];
    if (!agree(aLines, bLines, how)) {
      const same = aLines.findIndex((line, index) => line !== bLines[index]);
      const from = same < 0 ? aLines.length : same;
      return { bundled: paragraph(name, aLines, from), real: paragraph(name, bLines, from) };
    }
  }
  return undefined;
}

function byWatch(responses: readonly WatchResponse[]): Map<string, WatchResponse[]> {
  const groups = new Map<string, WatchResponse[]>();
  for (const response of responses) {
    const name = response.watchId === ALL_WATCHES && response.created && response.canceled ? "refusals" : `watch ${response.watchId}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [response]);
    else group.push(response);
  }
  return groups;
}

function lines(responses: readonly WatchResponse[], text: Said["text"], fixed: Fixed): Lines {
  if (fixed === "all") return responses.map(text);
  // A watch that is behind reads all there is when its turn comes: one response or several, with the store's revision at that moment in
  // the header. What must hold of each such header and cut is checked instead of compared.
  return responses.flatMap((response, index) => {
    if (response.events.length === 0) return [text(response)];
    const broken = brokenRule(response, responses[index + 1]);
    return [...(broken === undefined ? [] : [`${broken}: ${text(response)}`]), ...response.events.map(text)];
  });
}

/** The rule of catching up that a response breaks. `next` is the one that follows for the same watch. */
function brokenRule({ header, events, fragment }: WatchResponse, next: WatchResponse | undefined): string | undefined {
  const last = events.at(-1)?.kv?.modRevision ?? 0n;
  if ((header?.revision ?? 0n) < last) return "a header below the last event";
  if (!fragment && next?.events[0]?.kv?.modRevision === last) return "a revision in two responses";
  return undefined;
}

function agree(a: Lines, b: Lines, fixed: Fixed): boolean {
  if (fixed !== "beginning") return a.length === b.length && a.every((line, index) => line === b[index]);
  // Whatever was not sent when the cancel was handled is dropped. Both must end with the same answer to it.
  if (a.at(-1) !== b.at(-1)) return false;
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return shorter.slice(0, -1).every((line, index) => line === longer[index]);
}

/** What was said around the first line that differs. */
function paragraph(name: string, all: Lines, from: number): string {
  const shown = all.slice(Math.max(0, from - LINES_BEFORE), from + LINES_AFTER);
  const title = `${name}, ${all.length} lines, from line ${Math.max(0, from - LINES_BEFORE)}:`;
  return [title, ...shown.map(shortened), ...(from >= all.length ? ["(nothing more)"] : [])].join("\n    ");
}

function shortened(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}… (${line.length} characters)`;
}
