import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Written together with the command line. */
const NOT_YET = new Set(["docs/command-line.md"]);

const pages = ["README.md", ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((name) => join("docs", name))]
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), "utf8").replace(/^```[^]*?^```/gm, "") }));

/** The names by which a page's headings are linked to, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const { text } = pages.find(({ name }) => name === page) ?? { text: "" };
  return [...text.matchAll(/^#+ (.+)$/gm)].map(({ 1: heading = "" }) => {
    const words = heading.trim().toLowerCase();
    return words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
  });
}

test.each(pages)("every link of $name leads somewhere", ({ name, text }) => {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: link = "" }) => link).filter((link) => !/^[a-z]+:/.test(link));
  const broken = links.filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? name : join(dirname(name), path);
    if (!existsSync(join(ROOT, target))) return !NOT_YET.has(target);
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("every page is in the index of docs/README.md", () => {
  const index = readFileSync(join(ROOT, "docs/README.md"), "utf8");
  const isListed = (name: string): boolean =>
    index.includes(`(${name.replace("docs/", "")})`) || index.includes(`(${dirname(name).replace("docs/", "")}`);
  expect(pages.map(({ name }) => name).filter((name) => name.startsWith("docs/") && name !== "docs/README.md" && !isListed(name))).toEqual(
    [],
  );
});
