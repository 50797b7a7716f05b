/** What a reader of the page does, one step after another. */
export type PageStep =
  | { readonly kind: "write"; readonly line: number; readonly file: string; readonly text: string }
  | {
      readonly kind: "run";
      readonly line: number;
      readonly script: string;
      /** Lines that must be printed, if the page shows any. */
      readonly output: string | undefined;
    };

interface Block {
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

/**
 * The steps of a Markdown page. A fenced block is a step by its info string:
 *
 *   ts file=watch.ts   is saved as that file (any language)
 *   sh run             is run
 *   output             right after an `sh run`: what that prints
 *
 * Any other block is there to be read.
 * @throws {SyntaxError} for a page without anything to run, and for a block that is almost one of these
 */
export function pageSteps(markdown: string): PageStep[] {
  const steps: PageStep[] = [];
  let previous: Block | undefined;
  for (const block of blocksOf(markdown)) {
    const { line, info, text } = block;
    const [language = "", ...attributes] = info.split(/\s+/).filter((word) => word !== "");
    const file = attributes.find((word) => word.startsWith("file="))?.slice("file=".length);
    const rest = attributes.filter((word) => word !== "run" && !word.startsWith("file="));
    if (rest.length > 0) throw new SyntaxError(`line ${line}: a block may say run or file=NAME, got ${info}`);
    if (file !== undefined) {
      if (!/^[\w][\w.-]*(?:\/[\w][\w.-]*)*$/.test(file))
        throw new SyntaxError(`line ${line}: file= must name a file in the folder, got ${file}`);
      steps.push({ kind: "write", line, file, text });
    } else if (attributes.includes("run")) {
      if (language !== "sh") throw new SyntaxError(`line ${line}: only sh can be run, got ${info}`);
      steps.push({ kind: "run", line, script: text, output: undefined });
    } else if (language === "output") {
      const last = steps.at(-1);
      if (last?.kind !== "run" || previous?.line !== last.line)
        throw new SyntaxError(`line ${line}: output must come right after the sh run block that prints it`);
      steps[steps.length - 1] = { ...last, output: text };
    }
    previous = block;
  }
  if (!steps.some((step) => step.kind === "run")) throw new SyntaxError("the page has no sh run block: there is nothing to follow");
  return steps;
}

/** Whether the page is meant to be followed. */
export function hasSteps(markdown: string): boolean {
  return blocksOf(markdown).some(({ info }) => /^sh run\b/.test(info));
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const [, fence, info] = /^(`{3,})(.*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== undefined && info !== undefined) open = { fence, line: index + 1, info: info.trim(), lines: [] };
    } else if (fence !== undefined && fence.length >= open.fence.length && info === "") {
      blocks.push({ line: open.line, info: open.info, text: open.lines.map((line) => `${line}\n`).join("") });
      open = undefined;
    } else open.lines.push(text);
  }
  if (open !== undefined) throw new SyntaxError(`line ${open.line}: the block has no end`);
  return blocks;
}
