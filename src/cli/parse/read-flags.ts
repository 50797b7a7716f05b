import { parseArgs } from "node:util";
import { type Flag, FlagValues, type FlagValue, parseFlagValue } from "./flag.ts";
import { NumberSyntaxError } from "./go-number.ts";

/** Flags and arguments of one command, told apart. */
export type ReadFlags =
  | {
      readonly kind: "read";
      readonly values: FlagValues;
      /** What is no flag, in order, before and after a `--`. */
      readonly positionals: readonly string[];
      /** What comes after a `--`; undefined if there is none. */
      readonly afterTerminator: readonly string[] | undefined;
    }
  | { readonly kind: "problem"; readonly message: string };

/**
 * Reads a command line as cobra does: `--flag value`, `--flag=value`, `-w value`, `-w=value`, `-wvalue`; a bool takes no value but after
 * an equals sign; flags may stand between arguments, and `--` ends them. `defaults` are values that came from elsewhere.
 */
export function readFlags(
  args: readonly string[],
  flags: readonly Flag[],
  defaults: ReadonlyMap<string, FlagValue> = new Map(),
): ReadFlags {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const given = new Map<string, FlagValue>();
  const positionals: string[] = [];
  let afterTerminator: string[] | undefined;
  for (const token of tokensOf(args, flags)) {
    if (token.kind === "option-terminator") afterTerminator = [];
    else if (token.kind === "positional") {
      positionals.push(token.value);
      afterTerminator?.push(token.value);
    } else {
      const flag = byName.get(token.name);
      if (flag === undefined) return problem(unknownFlag(token, args[token.index] ?? ""));
      const text = token.rawName.startsWith("--") ? token.value : token.value?.replace(/^=/, "");
      if (text === undefined && flag.kind !== "bool") return problem(missingValue(token.rawName));
      try {
        const value = parseFlagValue(flag, text ?? "true");
        const before = given.get(flag.name);
        given.set(flag.name, Array.isArray(before) && Array.isArray(value) ? [...(before as string[]), ...(value as string[])] : value);
      } catch (error) {
        if (!(error instanceof NumberSyntaxError)) throw error;
        const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
        return problem(`invalid argument ${JSON.stringify(text ?? "")} for "${name}" flag: ${error.message}`);
      }
    }
  }
  return { kind: "read", values: new FlagValues(flags, new Map([...defaults, ...given])), positionals, afterTerminator };
}

export type Token =
  | { readonly kind: "option"; readonly name: string; readonly rawName: string; readonly index: number; readonly value: string | undefined }
  | { readonly kind: "positional"; readonly index: number; readonly value: string }
  | { readonly kind: "option-terminator"; readonly index: number };

export function tokensOf(args: readonly string[], flags: readonly Flag[]): readonly Token[] {
  const options = Object.fromEntries(
    flags.map(({ name, short, kind }) => [
      name,
      { type: kind === "bool" ? ("boolean" as const) : ("string" as const), multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  );
  return parseArgs({ args: spellOut(args, flags), options, strict: false, allowPositionals: true, tokens: true }).tokens.map((token) => {
    if (token.kind !== "option") return token;
    return { ...token, value: token.value };
  });
}

/** parseArgs takes `-i=true` for five flags; cobra, for `--interactive=true`. */
function spellOut(args: readonly string[], flags: readonly Flag[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, index) => {
    const [, letter, value] = (end === -1 || index < end ? /^-([a-zA-Z])=(.*)$/s.exec(arg) : null) ?? [];
    const flag = letter === undefined ? undefined : flags.find(({ short, kind }) => short === letter && kind === "bool");
    return flag === undefined ? arg : `--${flag.name}=${value ?? ""}`;
  });
}

function unknownFlag({ name, rawName }: { readonly name: string; readonly rawName: string }, arg: string): string {
  return rawName.startsWith("--") ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${arg}`;
}

function missingValue(rawName: string): string {
  return `flag needs an argument: ${rawName.startsWith("--") ? rawName : `'${rawName.slice(1)}' in ${rawName}`}`;
}

function problem(message: string): ReadFlags {
  return { kind: "problem", message };
}
