import type { Change } from "./ledger.ts";

export interface Verdict {
  readonly expected: number;
  /** Of those expected, how many came at least once. */
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Changes that nobody wrote, or with another value. */
  readonly unknown: number;
  /** Places where an older change came after a newer one, or out of a transaction's order. */
  readonly misplaced: number;
  /** Revisions that came in more than one piece. */
  readonly torn: number;
}

/** Holds what a watch was given, response by response, against what it should have been given. */
export function judge(expected: readonly Change[], responses: readonly (readonly Change[])[]): Verdict {
  const places = new Map(expected.map((change, place) => [nameOf(change), place]));
  const delivered = new Set<string>();
  let [duplicated, unknown, misplaced, torn] = [0, 0, 0, 0];
  let lastPlace = -1;
  let lastRevision = 0n;
  for (const changes of responses) {
    if (changes[0]?.revision === lastRevision) torn++;
    for (const change of changes) {
      const name = nameOf(change);
      const place = places.get(name);
      if (place === undefined) unknown++;
      else if (delivered.has(name)) duplicated++;
      else {
        delivered.add(name);
        if (place < lastPlace) misplaced++;
        lastPlace = Math.max(lastPlace, place);
      }
      lastRevision = change.revision;
    }
  }
  return {
    expected: expected.length,
    delivered: delivered.size,
    lost: expected.length - delivered.size,
    duplicated,
    unknown,
    misplaced,
    torn,
  };
}

export function isRight({ lost, duplicated, unknown, misplaced, torn }: Verdict): boolean {
  return lost + duplicated + unknown + misplaced + torn === 0;
}

export function sumOf(verdicts: readonly Verdict[]): Verdict {
  const sum = (count: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + count(verdict), 0);
  return {
    expected: sum(({ expected }) => expected),
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    unknown: sum(({ unknown }) => unknown),
    misplaced: sum(({ misplaced }) => misplaced),
    torn: sum(({ torn }) => torn),
  };
}

function nameOf({ revision, type, key, value }: Change): string {
  return JSON.stringify([String(revision), type, key, value]);
}
