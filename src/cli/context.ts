import type { Readable } from "node:stream";
import type { Output } from "./io.ts";
import type { FlagValues } from "./parse/flag.ts";

/** What a command is given. */
export interface Context {
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** What came after a `--`; undefined if there was none. */
  readonly afterTerminator: readonly string[] | undefined;
  readonly stdin: Readable;
  readonly output: Output;
  /** Standard error. */
  readonly errors: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}
