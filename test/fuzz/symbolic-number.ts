/**
 * Two servers stand at different revisions and choose different lease ids. A sequence of operations that is to mean the same on both
 * therefore names such numbers by what they stand for. The names are numbers themselves, far above any that a server gives in a test, so
 * that requests keep the types that the generated code has for them.
 */
export type Anchor = "base" | "now" | "compacted" | "auto-lease";

const anchors: readonly Anchor[] = ["base", "now", "compacted", "auto-lease"];
/** Each anchor has so many numbers on either side of its middle. */
const REACH = 2n ** 40n;
const FIRST_MIDDLE = 2n ** 50n;
const STEP = 2n ** 42n;

function symbol(anchor: Anchor, plus: number): bigint {
  return FIRST_MIDDLE + BigInt(anchors.indexOf(anchor)) * STEP + BigInt(plus);
}

/** A revision counted from where the store stood when the sequence began. */
export const fromBase = (plus: number): bigint => symbol("base", plus);

/** A revision counted from where the store stands when the request is sent. */
export const fromNow = (plus: number): bigint => symbol("now", plus);

/** A revision counted from the last compaction. */
export const fromCompacted = (plus: number): bigint => symbol("compacted", plus);

/** The lease with the id that the server chose for the n-th grant without one, from 0. */
export const autoLease = (index: number): bigint => symbol("auto-lease", index);

/** What a number stands for; undefined if for nothing but itself. */
export function symbolOf(number: bigint): { readonly anchor: Anchor; readonly plus: number } | undefined {
  for (const [index, anchor] of anchors.entries()) {
    const plus = number - FIRST_MIDDLE - BigInt(index) * STEP;
    if (plus > -REACH && plus < REACH) return { anchor, plus: Number(plus) };
  }
  return undefined;
}

export function symbolText(number: bigint): string {
  const symbol = symbolOf(number);
  if (symbol === undefined) return String(number);
  const { anchor, plus } = symbol;
  return plus === 0 ? anchor : `${anchor}${plus > 0 ? "+" : ""}${plus}`;
}
