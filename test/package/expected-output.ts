import { stripVTControlCharacters } from "node:util";

/**
 * What is missing in what was printed; undefined if nothing is. The expected lines must follow one another, anywhere in it. `...` in a
 * line stands for any text, and a line that is only `...` for any number of lines.
 */
export function outputProblem(printed: string, expected: string): string | undefined {
  const lines = linesOf(stripVTControlCharacters(printed));
  const parts: string[][] = [[]];
  for (const line of linesOf(expected)) {
    if (line.trim() === "...") parts.push([]);
    else parts.at(-1)?.push(line);
  }
  let from = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    const at = indexOfPart(lines, part, from);
    if (at === undefined)
      return `these lines, one right after the other, were expected:\n${part.join("\n")}\nand this was printed:\n${lines.slice(from).join("\n")}`;
    from = at + part.length;
  }
  return undefined;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}

function indexOfPart(lines: readonly string[], part: readonly string[], from: number): number | undefined {
  const patterns = part.map(
    (line) =>
      new RegExp(
        `^${line
          .split("...")
          .map((text) => escaped(text))
          .join(".*")}$`,
      ),
  );
  for (let at = from; at + part.length <= lines.length; at++) {
    if (patterns.every((pattern, index) => pattern.test(lines[at + index] ?? ""))) return at;
  }
  return undefined;
}

/** Node 20 has no RegExp.escape. */
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
