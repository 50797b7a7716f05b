/**
 * Freezes a value that many readers share, so that one who writes to it hears of it. Plain objects and arrays, all the way down; others
 * (a Map, a Buffer, somebody's class) cannot be frozen, or are not ours to freeze.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (!isPlain(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
