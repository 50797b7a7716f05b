import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const TESTS = import.meta.dirname;
const COUNT = 23;

interface Row {
  readonly number: number;
  readonly meaning: string;
  /** Files with a test of that number. */
  readonly where: readonly string[];
}

function rowsOf(page: string): Row[] {
  return page.split("\n").flatMap((line) => {
    const [, number = "", meaning = "", where = "", ...rest] = line.split("|").map((cell) => cell.trim());
    if (!/^\d+$/.test(number) || rest.length !== 1) return [];
    return [{ number: Number(number), meaning, where: [...where.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path) }];
  });
}

/** The rules whose numbers stand at the head of the name of a test. */
function rulesOf(source: string): Set<number> {
  return new Set([...source.matchAll(/\bit(?:\.each\([^\n]*\))?\(\s*["'`]\[rule (\d+)\] /g)].map(([, number]) => Number(number)));
}

describe("The rules in docs/controllers.md", () => {
  const rows = rowsOf(readFileSync(join(TESTS, "../docs/controllers.md"), "utf8"));
  const files = readdirSync(TESTS, { recursive: true, encoding: "utf8" }).filter((path) => /\.(?:test|suite)\.ts$/.test(path));
  const rules = new Map(files.map((path) => [path.replaceAll("\\", "/"), rulesOf(readFileSync(join(TESTS, path), "utf8"))]));

  it("stand there once each, in order, with what they say", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    for (const { number, meaning } of rows) expect(meaning, String(number)).not.toBe("");
  });

  it("have a test each that carries their number, in the files that the page names and in no others", () => {
    for (const { number, where } of rows) {
      const found = [...rules].filter(([, numbers]) => numbers.has(number)).map(([path]) => path);
      expect(found.sort(), `rule ${number}`).toEqual([...where].sort());
      expect(where, `rule ${number}`).not.toEqual([]);
    }
  });
});
