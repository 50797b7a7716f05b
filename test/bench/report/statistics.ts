/** Figures of one thing that was measured several times, in turn with others. */
export type Series = readonly number[];

export function median(series: Series): number {
  const sorted = [...series].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Round by round, since what slows the machine down slows both. */
export function ratio(series: Series, base: Series): Ratio {
  const pairs = series.flatMap((value, round) => {
    const other = base[round];
    return other === undefined ? [] : [value / other];
  });
  return { median: median(pairs), least: Math.min(...pairs), most: Math.max(...pairs) };
}
