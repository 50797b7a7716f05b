import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const TESTS = import.meta.dirname;
const COUNT = 194;
/** Of what is built on watches: a row may be without a test until that is there. */
const NOT_YET: ReadonlySet<number> = new Set([194]);
/** These carry the numbers of another list, the bundled server's. */
const OTHER_LIST = /mock-server|lease\.suite\.ts$/;

interface Row {
  readonly number: number;
  readonly meaning: string;
  readonly marks: string;
  readonly where: readonly string[];
  readonly servers: string;
}

/** The rows that begin with one number and have five columns. */
function rowsOf(page: string): Row[] {
  return page.split("\n").flatMap((line) => {
    const [, number = "", meaning = "", marks = "", where = "", servers = "", ...rest] = line.split("|").map((cell) => cell.trim());
    if (!/^\d+$/.test(number) || rest.length !== 1) return [];
    return [{ number: Number(number), meaning, marks, where: [...where.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path), servers }];
  });
}

/** The scenarios whose numbers stand at the head of a test's name: in the name itself, or in the table that fills its `%s` in. */
function numbersOf(source: string): Set<number> {
  const heads = [...source.matchAll(/["'`]((?:\[\d+\] )+)/g)].flatMap(([, head = ""]) => head.match(/\d+/g) ?? []);
  const cells = source.includes('"[%s] ') ? [...source.matchAll(/\["(\d+)",/g)].map(([, number = ""]) => number) : [];
  return new Set([...heads, ...cells].map(Number));
}

function testFiles(directory = TESTS): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:test|suite)\.ts$/.test(path) && !OTHER_LIST.test(path))
    .map((path) => relative(TESTS, join(directory, path)).replaceAll("\\", "/"));
}

describe("docs/scenarios.md", () => {
  const rows = rowsOf(readFileSync(join(TESTS, "../docs/scenarios.md"), "utf8"));
  const numbers = new Map(testFiles().map((path) => [path, numbersOf(readFileSync(join(TESTS, path), "utf8"))]));

  it("has every scenario once, in order, each with what it means and how it can be shown", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    for (const { number, meaning, marks } of rows) {
      expect(meaning, String(number)).not.toBe("");
      expect(marks, String(number)).toMatch(/^[BPMCV](?: [BPMCV])*(?: †)?$/);
    }
  });

  it("names for each a file that has a test with its number, and none that has not", () => {
    for (const { number, where } of rows) {
      for (const path of where) expect(numbers.get(path), `scenario ${String(number)} in ${path}`).toContain(number);
      if (!NOT_YET.has(number)) expect(where, `scenario ${String(number)}`).not.toEqual([]);
    }
  });

  it("says on which servers each runs", () => {
    for (const { number, marks, servers } of rows) {
      if (NOT_YET.has(number)) continue;
      const ran = new Set(servers.split(", "));
      if (marks.includes("M")) expect(ran.has("scripted") || ran.has("bundled"), String(number)).toBe(true); // whose faults are a script too
      if (/[BV]/.test(marks)) expect(ran, String(number)).toContain("real");
      if (marks.includes("C")) expect(ran.has("three members") || ran.has("real"), String(number)).toBe(true);
    }
  });
});
