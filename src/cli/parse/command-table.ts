import { clusterCommands } from "./cluster-commands.ts";
import type { CommandName, CommandSpec } from "./command-spec.ts";
import type { Flag } from "./flag.ts";
import { connectionFlags, globalFlags, helpFlag } from "./global-flags.ts";
import * as kv from "./kv-commands.ts";
import { leaseCommands } from "./lease-commands.ts";
import * as own from "./own-commands.ts";

/** In the order of the help. */
export const commands: readonly CommandSpec[] = [
  kv.watch,
  kv.get,
  kv.put,
  kv.del,
  kv.txn,
  kv.compaction,
  ...leaseCommands,
  ...clusterCommands,
  own.mirror,
  own.mockServer,
  own.top,
  own.version,
];

/** Every flag that a command takes. */
export function flagsOf({ flags, shared }: CommandSpec): readonly Flag[] {
  return [...flags, ...sharedFlagsOf(shared), helpFlag];
}

export function sharedFlagsOf(shared: CommandSpec["shared"]): readonly Flag[] {
  if (shared === "none") return [];
  return shared === "connection" ? connectionFlags : globalFlags;
}

/** What the words of a command line, flags left out, lead to. */
export type Found =
  | { readonly kind: "command"; readonly spec: CommandSpec; readonly wordCount: number }
  /** Words that several commands begin with, such as "lease"; none is all of them. */
  | { readonly kind: "group"; readonly words: readonly string[] }
  | { readonly kind: "unknown"; readonly word: string; readonly group: readonly string[]; readonly similar: readonly string[] };

/** As cobra of etcdctl: a word may be cut short as long as only one command begins with it. */
export function findCommand(words: readonly string[]): Found {
  const path: string[] = [];
  for (;;) {
    const next = new Set(
      commands.flatMap((spec) => namesOf(spec)).flatMap((name) => (startsWith(name, path) ? (name[path.length] ?? []) : [])),
    );
    if (next.size === 0) break;
    const word = words[path.length];
    if (word === undefined) return { kind: "group", words: path };
    const matches = next.has(word) ? [word] : [...next].filter((name) => name.startsWith(word));
    const [match] = matches;
    if (match === undefined || matches.length > 1)
      return { kind: "unknown", word, group: path, similar: matches.length > 1 ? matches : near(word, [...next]) };
    path.push(match);
  }
  const spec = commands.find((candidate) => namesOf(candidate).some((name) => name.join(" ") === path.join(" ")));
  if (spec === undefined) throw new TypeError(`no command is named ${path.join(" ")}`);
  return { kind: "command", spec, wordCount: path.length };
}

/** @throws {TypeError} for a name that is in no list */
export function specOf(name: CommandName): CommandSpec {
  const spec = commands.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new TypeError(`no command is named ${name}`);
  return spec;
}

function namesOf({ name, aliases = [] }: CommandSpec): string[][] {
  return [name, ...aliases].map((words) => words.split(" "));
}

function startsWith(name: readonly string[], path: readonly string[]): boolean {
  return path.every((word, index) => name[index] === word);
}

/** Names that a slip of one or two letters may have been meant for. */
function near(word: string, names: readonly string[]): string[] {
  return names.filter((name) => distance(word, name) <= Math.min(2, word.length - 1));
}

/** How many letters to insert, leave out or change to make one of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [fromIndex, letter] of from.split(/(?:)/u).entries()) {
    const next = [fromIndex + 1];
    for (const [index, other] of to.split(/(?:)/u).entries())
      next.push(Math.min((row[index] ?? 0) + (letter === other ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    row = next;
  }
  return row[to.length] ?? 0;
}
