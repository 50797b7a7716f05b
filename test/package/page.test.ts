import { describe, expect, it } from "vitest";
import { outputProblem } from "./expected-output.ts";
import { hasSteps, pageSteps } from "./markdown-page.ts";

const fence = (info: string, ...lines: string[]): string => ["```" + info, ...lines, "```", ""].join("\n");

describe("pageSteps", () => {
  it("writes, runs and compares what the blocks say, in their order", () => {
    const page = [
      "Save as `a.ts`:",
      fence("ts file=src/a.ts", "let a;", "", "a = 1;"),
      fence("sh run", "node a"),
      fence("output", "1"),
    ].join("\n");
    expect(pageSteps(page)).toEqual([
      { kind: "write", line: 2, file: "src/a.ts", text: "let a;\n\na = 1;\n" },
      { kind: "run", line: 8, script: "node a\n", output: "1\n" },
    ]);
  });

  it("leaves blocks alone that are there to be read", () => {
    const page = fence("ts", "let a;") + fence("sh", "rm -rf /") + fence("text", "```sh run") + fence("sh run", "true");
    expect(pageSteps(page)).toEqual([{ kind: "run", line: 10, script: "true\n", output: undefined }]);
  });

  it("reads a fence of four as one block", () => {
    const page = ["````md", "```sh run", "false", "```", "````", fence("sh run", "true")].join("\n");
    expect(pageSteps(page).map(({ line }) => line)).toEqual([6]);
  });

  it.each([
    ["nothing to run", fence("ts file=a.ts", "a")],
    ["another language that runs", fence("ts run", "a")],
    ["a word it does not know", fence("sh runs", "a") + fence("sh run", "a")],
    ["a file outside of the folder", fence("ts file=../a.ts", "a") + fence("sh run", "a")],
    ["an absolute file", fence("ts file=/a.ts", "a") + fence("sh run", "a")],
    ["output of nothing", fence("output", "a") + fence("sh run", "a")],
    ["output that is not right behind", fence("sh run", "a") + fence("ts", "a") + fence("output", "a")],
    ["a second output", fence("sh run", "a") + fence("output", "a") + fence("output", "a")],
    ["a block without an end", fence("sh run", "a") + "```sh run\na\n"],
  ])("refuses a page with %s", (_, page) => {
    expect(() => pageSteps(page)).toThrow(SyntaxError);
  });

  it("knows a page that is meant to be followed", () => {
    expect(hasSteps(fence("sh run", "a"))).toBe(true);
    expect(hasSteps(fence("sh", "a") + "sh run")).toBe(false);
  });
});

describe("outputProblem", () => {
  const printed = "added 38 packages in 2s\n\u001b[32mput\u001b[39m a 1\nput a 2  \n\ndelete a\ndone in 7 ms\n";

  it.each([
    ["put a 1\nput a 2"],
    ["put a 1\nput a 2\ndelete a\n"],
    ["added ... packages in ...\n...\ndelete a"],
    ["done in ... ms"],
    ["..."],
  ])("finds %j", (expected) => {
    expect(outputProblem(printed, expected)).toBeUndefined();
  });

  it.each([["put a 2\nput a 1"], ["put a 1\ndelete a"], ["put a"], ["delete a\n...\nput a 1"], ["done in . ms"], ["put a 1\nput a 1"]])(
    "misses %j",
    (expected) => {
      expect(outputProblem(printed, expected)).toMatch(/were expected/);
    },
  );
});
