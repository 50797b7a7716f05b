import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SRC = new URL("../src/", import.meta.url);
/** The command line prints: that is its work. */
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !/^(cli|gen)\b/.test(path))
  .map((path) => ({ path, code: withoutComments(readFileSync(new URL(path, SRC), "utf8")) }));

function withoutComments(source: string): string {
  return source.replace(/\/\*.*?\*\//gs, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

test("the library writes neither to stdout nor to stderr by itself", () => {
  expect(files.length).toBeGreaterThan(100);
  const writers = files.filter(({ code }) => /\bconsole\.|\bprocess\.(stdout|stderr|emitWarning)\b|\bdebuglog\b/.test(code));
  expect(writers.map(({ path }) => path)).toEqual([]);
});

test("a line of the log is a fixed sentence, and its values are fields", () => {
  const calls = files.flatMap(({ path, code }) =>
    [...code.matchAll(/logger\.(?:debug|info|warn|error)\((.{0,300})/gs)].map(({ 1: argument = "" }) => ({ path, argument })),
  );
  expect(calls.length).toBeGreaterThan(10);
  const fixed = /^\s*(?:\w+ === undefined \? "[^"]+" : )?"[^"]+"(?:,\s*\{|\))/;
  expect(calls.filter(({ argument }) => !fixed.test(argument))).toEqual([]);
});
