import { parseBool, parseDurationMs, parseInt64 } from "./go-number.ts";

export type FlagKind = "bool" | "string" | "strings" | "int64" | "duration";

/** A flag of a command, such as `--rev`. */
export interface Flag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly kind: FlagKind;
  /** As it would be written. */
  readonly defaultText: string;
  /** One line for `--help`. */
  readonly help: string;
  /** Taken for the sake of etcdctl's command lines; not shown by `--help`. */
  readonly hidden?: boolean;
}

export type FlagValue = boolean | string | bigint | number | readonly string[];

/** @throws {NumberSyntaxError} in Go's words */
export function parseFlagValue({ kind }: Flag, text: string): FlagValue {
  switch (kind) {
    case "bool":
      return parseBool(text);
    case "string":
      return text;
    case "strings":
      return text === "" ? [] : text.split(",");
    case "int64":
      return parseInt64(text, 0);
    case "duration":
      return parseDurationMs(text);
    default: {
      const unreachable: never = kind;
      return unreachable;
    }
  }
}

/** The values of the flags that a command has, those that were given and those that were not. */
export class FlagValues {
  readonly #flags: ReadonlyMap<string, Flag>;
  readonly #given: ReadonlyMap<string, FlagValue>;

  constructor(flags: readonly Flag[], given: ReadonlyMap<string, FlagValue>) {
    this.#flags = new Map(flags.map((flag) => [flag.name, flag]));
    this.#given = given;
  }

  /** Whether it was given, on the command line or by the environment. */
  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  bool(name: string): boolean {
    const value = this.#value(name);
    if (typeof value !== "boolean") throw new TypeError(`--${name} is no bool`);
    return value;
  }

  text(name: string): string {
    const value = this.#value(name);
    if (typeof value !== "string") throw new TypeError(`--${name} is no string`);
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#value(name);
    if (typeof value !== "object") throw new TypeError(`--${name} is no list of strings`);
    return value;
  }

  int64(name: string): bigint {
    const value = this.#value(name);
    if (typeof value !== "bigint") throw new TypeError(`--${name} is no int64`);
    return value;
  }

  durationMs(name: string): number {
    const value = this.#value(name);
    if (typeof value !== "number") throw new TypeError(`--${name} is no duration`);
    return value;
  }

  #value(name: string): FlagValue {
    const flag = this.#flags.get(name);
    if (flag === undefined) throw new TypeError(`there is no flag --${name} here`);
    return this.#given.get(name) ?? parseFlagValue(flag, flag.defaultText);
  }
}
