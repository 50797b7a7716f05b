import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checks } from "./checks.ts";
import { followPage } from "./follow-page.ts";
import { hasSteps } from "./markdown-page.ts";
import type { NodeVersion } from "./nodes.ts";
import { inEmptyFolder, ROOT } from "./places.ts";

/** Where a new user begins: this page, if it is there, must be one that can be followed. */
const GETTING_STARTED = "docs/getting-started.md";
const FIRST_STEPS = "test/package/first-steps.md";

/** Follows every page that can be followed word for word, in an empty folder each, on each Node. */
export async function newUsers(checks: Checks, { tarball, nodes }: { tarball: string; nodes: readonly NodeVersion[] }): Promise<void> {
  const pages = await pagesToFollow();
  for (const { version, path } of nodes) {
    console.log(`A new user on Node ${version}`);
    const follow = (page: string): Promise<string> =>
      inEmptyFolder((folder) => followPage(join(ROOT, page), { folder, tarball, node: path }));
    await Promise.all(pages.map((page) => checks.check(page, () => follow(page)))); // they wait for npm most of the time
  }
}

async function pagesToFollow(): Promise<string[]> {
  const docs = (await readdir(join(ROOT, "docs"), { recursive: true }))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`);
  const pages = [FIRST_STEPS];
  for (const page of ["README.md", ...docs.sort()]) if (hasSteps(await readFile(join(ROOT, page), "utf8"))) pages.push(page);
  if (existsSync(join(ROOT, GETTING_STARTED)) && !pages.includes(GETTING_STARTED)) pages.push(GETTING_STARTED); // and fails: nothing to run
  return pages;
}
