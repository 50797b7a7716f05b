import type { TxnComparison, TxnOperation } from "../../index.ts";
import { CommandError, exitCodes } from "../exit-code.ts";
import { unquoteGo } from "../output/go-quote.ts";
import { argify, type Word } from "../parse/argify.ts";
import type { CommandName } from "../parse/command-spec.ts";
import { specOf } from "../parse/command-table.ts";
import { parseInt64 } from "../parse/go-number.ts";
import { readFlags } from "../parse/read-flags.ts";
import { deleteRequest } from "./del.ts";
import { getRequest } from "./get.ts";
import { missing, putRequest } from "./put.ts";

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|` + "`[^`]*`";
const COMPARISON = new RegExp(String.raw`^([^(]*)\(\s*(${QUOTED})\)\s*(\S+)\s+(${QUOTED})`, "s");

const targets: Readonly<Record<string, TxnComparison["target"]>> = {
  ver: "version",
  version: "version",
  c: "create",
  create: "create",
  m: "mod",
  mod: "mod",
  val: "value",
  value: "value",
  lease: "lease",
};

/** A line such as `mod("key") > "0"`. */
export function parseComparison(line: string): TxnComparison {
  const [, targetName = "", quotedKey = "", result = "", quotedValue = ""] = COMPARISON.exec(line) ?? [];
  if (quotedKey === "") throw invalid(`malformed comparison: ${line} (it should be like mod("key") > "0")`);
  const target = targets[targetName];
  if (target === undefined) throw invalid(`malformed comparison: ${line} (unknown target ${targetName})`);
  if (result !== "=" && result !== "!=" && result !== ">" && result !== "<")
    throw invalid(`malformed comparison: ${line} (unknown result ${result}: use = != > <)`);
  const [key, value] = [unquoted(quotedKey, line), unquoted(quotedValue, line)];
  if (target === "value") return { key, target, result, value };
  try {
    return { key, target, result, value: parseInt64(value.toString(), target === "lease" ? 16 : 10) };
  } catch (cause) {
    throw invalid(`invalid txn compare request: ${line}`, cause);
  }
}

function unquoted(text: string, line: string): Buffer {
  try {
    return text.startsWith("`") ? Buffer.from(text.slice(1, -1)) : unquoteGo(text);
  } catch (cause) {
    throw invalid(`malformed comparison: ${line} (${text} is no quoted text)`, cause);
  }
}

/** A line such as `put key "a value" --prev-kv`. */
export function parseOperation(line: string): TxnOperation {
  const [command, ...words] = wordsOf(line);
  if (command === undefined || words.length === 0) throw invalid(`invalid txn compare request: ${line}`);
  switch (command.text) {
    case "get": {
      const { flags, args } = readWords("get", words, line);
      const { key, options } = getRequest(flags, args);
      return { get: { key, ...options } };
    }
    case "put": {
      const { flags, args } = readWords("put", words, line);
      const { key, value, options } = putRequest(flags, args);
      if (value === undefined) throw missing(); // standard input holds the transaction
      return { put: { key, value, ...options } };
    }
    case "del": {
      const { flags, args } = readWords("del", words, line);
      const { key, options } = deleteRequest(flags, args);
      return { delete: { key, ...options } };
    }
    default:
      throw invalid(`invalid txn request: ${line} (it should begin with get, put or del)`);
  }
}

function readWords(name: CommandName, words: readonly Word[], line: string) {
  const read = readFlags(
    words.map(({ text }) => text),
    specOf(name).flags,
  );
  if (read.kind === "problem") throw invalid(`invalid txn request: ${line} (${read.message})`);
  // Arguments go back to the bytes they stand for, which need not be UTF-8.
  const args = read.positionals.map((text) => words.find((word) => word.text === text)?.bytes ?? Buffer.from(text));
  return { flags: read.values, args };
}

function wordsOf(line: string): readonly Word[] {
  try {
    return argify(line);
  } catch (cause) {
    throw invalid(`invalid txn request: ${line} (it holds an escape that is none of Go's)`, cause);
  }
}

function invalid(message: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.invalidInput, message, { helpFor: "txn", cause });
}
