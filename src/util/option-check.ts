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
 * @throws {TypeError} for an unknown name, and for a flag that is not a boolean
 */
export function checkOptions<Options extends object>(options: Options, kinds: OptionKinds<Options>, what: string): void {
  // A caller without types may pass anything.
  const given: unknown = options;
  if (typeof given !== "object" || given === null) throw new TypeError(`${what} takes an object, got ${showValue(given)}`);
  const kindOf = new Map<string, unknown>(Object.entries(kinds));
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const kind = kindOf.get(name);
    if (kind === undefined)
      throw new TypeError(`${what} does not take ${name} (${showValue(value)}), only ${[...kindOf.keys()].join(", ")}`);
    if (kind === "flag" && typeof value !== "boolean")
      throw new TypeError(`${name} of ${what} must be true or false, got ${showValue(value)}`);
  }
}
