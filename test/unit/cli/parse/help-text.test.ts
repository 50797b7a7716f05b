import { describe, expect, it } from "vitest";
import { commands } from "../../../../src/cli/parse/command-table.ts";
import { helpText } from "../../../../src/cli/parse/help-text.ts";
import { parseCommandLine } from "../../../../src/cli/parse/parse-command-line.ts";
import { argify } from "../../../../src/cli/parse/argify.ts";

const pages = [[], ["lease"], ["endpoint"], ["member"], ...commands.map(({ name }) => name.split(" "))];

describe("helpText()", () => {
  it.each(pages.map((words) => [words.join(" ") || "all", words] as const))("of %s fits 80 columns", (_, words) => {
    const tooWide = helpText(words)
      .split("\n")
      .filter((line) => line.length > 80);
    expect(tooWide).toEqual([]);
  });

  it("names every command, and of each its flags and examples that parse", () => {
    for (const { name, flags, examples } of commands) {
      expect(helpText([])).toContain(`  ${name}`);
      const help = helpText(name.split(" "));
      for (const flag of flags) if (flag.hidden !== true) expect(help).toContain(`--${flag.name}`);
      expect(examples.length, name).toBeGreaterThan(0);
      for (const [line] of examples) {
        const words = argify(line.replace(/ <.*/, "")).map(({ text }) => text);
        expect(parseCommandLine(words), line).toMatchObject({ kind: "command" });
      }
    }
  });

  it("sets headings off where it is told how", () => {
    expect(helpText(["get"], (text) => `*${text}*`)).toContain("*Usage:*");
    expect(helpText(["get"])).not.toContain("\u001b");
  });
});
