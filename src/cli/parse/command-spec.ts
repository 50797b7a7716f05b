import type { Flag } from "./flag.ts";

/** What a command line can ask for: the words of the command, such as "lease grant". */
export type CommandName =
  | "watch"
  | "get"
  | "put"
  | "del"
  | "txn"
  | "compaction"
  | "lease grant"
  | "lease revoke"
  | "lease timetolive"
  | "lease list"
  | "lease keep-alive"
  | "member list"
  | "endpoint status"
  | "endpoint health"
  | "status"
  | "make-mirror"
  | "mock-server"
  | "top"
  | "version";

/** A command: what it takes, and what `--help` says of it. */
export interface CommandSpec {
  readonly name: CommandName;
  /** Other words for it. */
  readonly aliases?: readonly string[];
  /** Its arguments, as they stand in the usage line. */
  readonly usage: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** More, for its own help. */
  readonly description?: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly flags: readonly Flag[];
  /** The flags that it shares with others. "none": it talks to no cluster. */
  readonly shared: "connection and output" | "connection" | "none";
}
