import { inspect } from "node:util";

/** What the options of a call are: a `flag` is true or false, a `value` is checked where it is used. */
export type OptionKinds<Options> = { readonly [Name in keyof Options]-?: "flag" | "value" };

/** A value as an error message shows it: short, on one line. */
export function showValue(value: unknown): string {
  return inspect(value, { depth: 1, maxStringLength: 100, maxArrayLength: 10, breakLength: Infinity });
}

/**
 * Refuses options that a call does not have. They would have no effect, and a misspelt name would go unnoticed.
 * An option that is present but undefined counts as absent.
 * @param show how a value stands in a message: where it may be a secret, in another way than `showValue`
 * @throws {TypeError} for an unknown name, for a flag that is not a boolean, and for anything but a plain object or one that has an option
 */
export function checkOptions<Options extends object>(
  options: Options,
  kinds: OptionKinds<Options>,
  what: string,
  show: (value: unknown) => string = showValue,
): void {
  // A caller without types may pass anything.
  const given: unknown = options;
  const kindOf = new Map<string, unknown>(Object.entries(kinds));
  if (!isPlainObject(given) && !hasOneOf(given, kindOf)) throw new TypeError(`${what} takes a plain object, got ${show(given)}`);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const kind = kindOf.get(name);
    if (kind === undefined) throw new TypeError(`${what} does not take ${name} (${show(value)}), only ${[...kindOf.keys()].join(", ")}`);
    if (kind === "flag" && typeof value !== "boolean") throw new TypeError(`${name} of ${what} must be true or false, got ${show(value)}`);
  }
}

/** Of a class, but with an option of the call: an AbortController has a `signal`. A Map, an array or a signal has none. */
function hasOneOf(value: unknown, names: ReadonlyMap<string, unknown>): value is object {
  return typeof value === "object" && value !== null && [...names.keys()].some((name) => name in value);
}

/** An object as `{}` makes it, in this realm or another, or one without a prototype. An array, a Map or a signal is none. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype !== "object" || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @throws {TypeError} if it is something else than an AbortSignal */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw new TypeError(`signal must be an AbortSignal, got ${showValue(signal)}`);
}

/** The longest that a timer of Node can run, in ms: nearly 25 days. gRPC throws for a deadline that is much further away. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * A limit as it can be kept: what is longer than any timer is Infinity, no limit.
 * @throws {RangeError} if it is not a number above 0
 */
export function checkTimeout(timeoutMs: number, name: string): number {
  if (typeof timeoutMs === "number" && timeoutMs > 0) return timeoutMs > LONGEST_TIMEOUT_MS ? Infinity : timeoutMs;
  throw new RangeError(`${name} must be a number of ms above 0, got ${showValue(timeoutMs)}`);
}

/** By its shape: a signal of another realm (a test runner's) is no `instanceof` of ours. */
function isAbortSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;
}
