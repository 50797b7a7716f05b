import type { WatchOptions } from "../../index.ts";
import { CommandError, exitCodes } from "../exit-code.ts";
import type { FlagValues } from "../parse/flag.ts";

/** One watch, as a command line or a line of `watch -i` asks for it. */
export interface WatchRequest {
  readonly key: string;
  readonly options: WatchOptions;
  /** The command to run for each event, and its arguments. */
  readonly exec: readonly [string, ...string[]] | undefined;
}

interface WatchWords {
  readonly flags: FlagValues;
  readonly args: readonly string[];
  readonly afterTerminator: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws {CommandError} in etcdctl's words, for arguments that name no watch */
export function watchRequest({ flags, args, afterTerminator, env }: WatchWords): WatchRequest {
  const [first, ...more] = afterTerminator ?? [];
  if (afterTerminator !== undefined && first === undefined)
    throw badArguments("bad number of arguments (found separator --, but no commands)");
  const given = args.slice(0, args.length - (afterTerminator?.length ?? 0));
  const fromEnvironment = environmentKeys(env);
  if (given.length > 0 && fromEnvironment.length > 0) throw badArguments("bad number of arguments (found conflicting environment key)");
  const [key, rangeEnd, ...rest] = given.length > 0 ? given : fromEnvironment;
  if (key === undefined) throw badArguments("bad number of arguments");
  return {
    key,
    // etcdctl watches the one key if there are more than two arguments
    options: watchOptions(flags, rest.length === 0 ? rangeEnd : undefined),
    exec: first === undefined ? undefined : [first, ...more],
  };
}

/** @throws {CommandError} if there is an end of a range and no key */
function environmentKeys(env: NodeJS.ProcessEnv): string[] {
  const [key, rangeEnd] = [env["ETCDCTL_WATCH_KEY"] ?? "", env["ETCDCTL_WATCH_RANGE_END"] ?? ""];
  if (key === "" && rangeEnd !== "")
    throw badArguments(`ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=${JSON.stringify(rangeEnd)}`);
  return [key, rangeEnd].filter((text) => text !== "");
}

function watchOptions(flags: FlagValues, rangeEnd: string | undefined): WatchOptions {
  const prefix = flags.bool("prefix");
  if (prefix && rangeEnd !== undefined) throw badArguments("`range_end` and `--prefix` are mutually exclusive");
  return {
    startRevision: flags.int64("rev"),
    prefix,
    prevKv: flags.bool("prev-kv"),
    progressNotify: flags.bool("progress-notify"),
    ...(rangeEnd === undefined ? {} : { rangeEnd }),
  };
}

function badArguments(message: string): CommandError {
  return new CommandError(exitCodes.badArguments, message, { helpFor: "watch" });
}
