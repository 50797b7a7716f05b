/** etcdctl's JSON: a 64-bit integer is a number while it is exact, a string beyond. */
export function jsonInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Leaves out what etcdctl leaves out: zero, empty and false. */
export function jsonObject(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0 && value !== "" && value !== false),
  );
}
