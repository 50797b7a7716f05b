/** Runs of a shrinking, at most. */
const MOST_RUNS = 150;

/**
 * Leaves out as much as can be left out (delta debugging): halves first, then smaller and smaller pieces, as long as `stillFails` says
 * that what is left fails.
 */
export async function shrink<T>(items: readonly T[], stillFails: (items: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let left = items;
  let runs = 0;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let start = 0;
    while (start < left.length && runs++ < MOST_RUNS) {
      const fewer = [...left.slice(0, start), ...left.slice(start + size)];
      if (fewer.length > 0 && (await stillFails(fewer))) left = fewer;
      else start += size;
    }
  }
  return left;
}
