/** What is still there after everything was closed. Each a count that must be 0. */
export type Leftovers = Readonly<Record<string, number>>;

/** Nothing is left after close: no watch on the server, no stream, no timer, no call. */
export function nothingLeft(leftovers: Leftovers): string[] {
  return Object.entries(leftovers).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what} left after close`]));
}
