import { type Flag, type FlagValue, parseFlagValue } from "./flag.ts";
import { NumberSyntaxError } from "./go-number.ts";

const PREFIX = "ETCDCTL_";

/** These mean something, but are no flags. */
const OTHERS = ["ETCDCTL_API", "ETCDCTL_WATCH_KEY", "ETCDCTL_WATCH_RANGE_END"];

export interface EnvironmentFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  /** Variables that begin like flags and are none. */
  readonly unknown: readonly string[];
  readonly problem: string | undefined;
}

/** What `ETCDCTL_ENDPOINTS` and the like say. An empty one says nothing. */
export function readEnvironment(environment: NodeJS.ProcessEnv, flags: readonly Flag[]): EnvironmentFlags {
  const values = new Map<string, FlagValue>();
  let problem: string | undefined;
  for (const flag of flags) {
    const text = environment[variableOf(flag)] ?? "";
    if (text === "") continue;
    try {
      values.set(flag.name, parseFlagValue(flag, text));
    } catch (error) {
      if (!(error instanceof NumberSyntaxError)) throw error;
      problem ??= `invalid value ${JSON.stringify(text)} for the environment variable ${variableOf(flag)}: ${error.message}`;
    }
  }
  const known = [...flags.map(variableOf), ...OTHERS];
  const unknown = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  return { values, unknown, problem };
}

export function variableOf({ name }: Flag): string {
  return PREFIX + name.toUpperCase().replaceAll("-", "_");
}
