import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { CommandName } from "./command-spec.ts";
import { findCommand, flagsOf, sharedFlagsOf } from "./command-table.ts";
import { readEnvironment, variableOf } from "./environment.ts";
import type { FlagValues } from "./flag.ts";
import { globalFlags, helpFlag } from "./global-flags.ts";
import { readFlags, tokensOf } from "./read-flags.ts";

/** A command, and all that it was told. */
export interface Command {
  readonly name: CommandName;
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** What came after a `--`, which is also the end of `args`; undefined if there was none. */
  readonly afterTerminator: readonly string[] | undefined;
  /** What should be said on standard error before it is run. */
  readonly warnings: readonly string[];
}

export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  /** Help for the commands that begin with these words; none is all. */
  | { readonly kind: "help"; readonly words: readonly string[] }
  | { readonly kind: "error"; readonly exitCode: ExitCode; readonly message: string; readonly helpFor: readonly string[] };

/** What a command line asks for. Pure: prints nothing and never exits. */
export function parseCommandLine(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Parsed {
  const end = argv.indexOf("--");
  const words = tokensOf(end === -1 ? argv : argv.slice(0, end), [...globalFlags, helpFlag]).flatMap((token) =>
    token.kind === "positional" ? [token] : [],
  );
  const isHelp = words[0]?.value === "help";
  const found = findCommand(words.slice(isHelp ? 1 : 0).map(({ value }) => value));
  if (found.kind === "unknown") return unknownCommand(found);
  if (found.kind === "group")
    return groupOf(
      found.words,
      argv,
      words.map(({ index }) => index),
    );
  const { spec, wordCount } = found;
  const path = spec.name.split(" ");
  if (isHelp) return { kind: "help", words: path };
  const commandWords = words.slice(0, wordCount).map(({ index }) => index);
  const rest = argv.filter((_, index) => !commandWords.includes(index));
  const shared = [...sharedFlagsOf(spec.shared), ...spec.flags.filter(({ name }) => name === "cluster")];
  const fromEnvironment = readEnvironment(environment, shared);
  const read = readFlags(rest, flagsOf(spec), fromEnvironment.values);
  if (read.kind === "problem") return { kind: "error", exitCode: exitCodes.error, message: read.message, helpFor: path };
  if (read.values.bool("help")) return { kind: "help", words: path };
  if (fromEnvironment.problem !== undefined)
    return { kind: "error", exitCode: exitCodes.error, message: fromEnvironment.problem, helpFor: path };
  const alone = readFlags(rest, flagsOf(spec));
  const twice = shared.find(({ name }) => fromEnvironment.values.has(name) && alone.kind === "read" && alone.values.isGiven(name));
  if (twice !== undefined) {
    const message = `both --${twice.name} and the environment variable ${variableOf(twice)} are given: leave one out`;
    return { kind: "error", exitCode: exitCodes.error, message, helpFor: path };
  }
  const warnings = spec.shared === "none" ? [] : fromEnvironment.unknown.map((name) => `unrecognized environment variable ${name}`);
  const { values: flags, positionals: args, afterTerminator } = read;
  return { kind: "command", command: { name: spec.name, flags, args, afterTerminator, warnings } };
}

/** `etcd-watch lease`, or no words at all. */
function groupOf(group: readonly string[], argv: readonly string[], wordIndexes: readonly number[]): Parsed {
  const rest = argv.filter((_, index) => !wordIndexes.includes(index));
  if (group.length === 0 && rest.includes("--version")) return parseCommandLine(["version"]);
  const read = readFlags(rest, [...globalFlags, helpFlag]);
  if (read.kind === "problem") return { kind: "error", exitCode: exitCodes.error, message: read.message, helpFor: group };
  return { kind: "help", words: group };
}

function unknownCommand({ word, group, similar }: { word: string; group: readonly string[]; similar: readonly string[] }): Parsed {
  const whose = ["etcd-watch", ...group].join(" ");
  const hint = similar.length === 0 ? "" : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join("")}`;
  const message = `unknown command ${JSON.stringify(word)} for ${JSON.stringify(whose)}${hint.trimEnd()}`;
  return { kind: "error", exitCode: exitCodes.error, message, helpFor: group };
}
