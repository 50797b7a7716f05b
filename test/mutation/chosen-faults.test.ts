import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHOSEN_FAULTS } from "./chosen-faults.ts";

const repository = new URL("../..", import.meta.url).pathname;

describe("The faults chosen by hand", () => {
  it.each(CHOSEN_FAULTS)("$name: what it replaces is in $file, once", ({ file, find, replace, tests }) => {
    expect(readFileSync(join(repository, file), "utf8").split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
    expect(tests.filter((test) => !existsSync(join(repository, test)))).toEqual([]);
  });

  it("are thirty or more, half of them a reader's, each with a name of its own", () => {
    const byReader = CHOSEN_FAULTS.filter(({ by }) => by === "reader").length;
    expect(CHOSEN_FAULTS.length).toBeGreaterThanOrEqual(30);
    expect(byReader).toBeGreaterThanOrEqual(CHOSEN_FAULTS.length / 2);
    expect(new Set(CHOSEN_FAULTS.map(({ name }) => name)).size).toBe(CHOSEN_FAULTS.length);
  });
});
