import { posix } from "node:path";
import { preProcessFile } from "typescript";

/** Source files by their path under src, such as `watch/watcher.ts`. */
export type Sources = ReadonlyMap<string, string>;

export interface ImportRules {
  /** Which folders, or single files, the files of a folder may import. A file beside the folders has a rule of its own, by its name. */
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  /** Which folders may import an npm package. One that is not named here may be imported nowhere. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Names of the package itself, and the files that they stand for. */
  readonly ownNames: Readonly<Record<string, string>>;
}

/** The folder under src, or the file's own name if it is in none. */
const folderOf = (path: string): string => path.split("/")[0] ?? path;

/** Everything that a file imports, types too: `import`, `export from`, `import()`. */
const importsOf = (source: string): string[] => preProcessFile(source).importedFiles.map(({ fileName }) => fileName);

const resolveLocal = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier);

/** `@scope/name` of `@scope/name/sub/path`, `name` of `name/sub/path`. */
const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** What is wrong with the imports, one line each. */
export function importProblems(sources: Sources, { mayImport, packages, ownNames }: ImportRules): string[] {
  const problems: string[] = [];
  for (const [path, source] of sources) {
    const folder = folderOf(path);
    const allowed = mayImport[folder];
    if (allowed === undefined) problems.push(`${path}: there is no rule for ${folder}`);
    for (const specifier of importsOf(source)) {
      if (specifier.startsWith("node:")) continue;
      const target = specifier.startsWith(".") ? resolveLocal(path, specifier) : ownNames[specifier];
      if (target === undefined) {
        if (packages[packageOf(specifier)]?.includes(folder) !== true) problems.push(`${path} may not import ${specifier}`);
      } else if (!sources.has(target)) problems.push(`${path} imports ${specifier}, which does not exist`);
      else if (folderOf(target) !== folder && allowed?.includes(folderOf(target)) !== true && allowed?.includes(target) !== true)
        problems.push(`${path} may not import ${target}`);
    }
  }
  return problems;
}

/** Files that import each other in a circle, as `a.ts > b.ts > a.ts`. Of circles that share files it may name only one, never none. */
export function importCycles(sources: Sources): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path].join(" > "));
    if (start !== -1 || done.has(path)) return;
    const local = importsOf(sources.get(path) ?? "").filter((specifier) => specifier.startsWith("."));
    for (const specifier of local) visit(resolveLocal(path, specifier), [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return cycles;
}

/** What is wrong with files' names and sizes, one line each. */
export function fileProblems(
  sources: Sources,
  { maxLines, barrels, generated }: { readonly maxLines: number; readonly barrels: readonly string[]; readonly generated: string },
): string[] {
  const problems: string[] = [];
  for (const [path, source] of sources) {
    const name = posix.basename(path);
    const lines = source.replace(/\n$/, "").split("\n").length;
    if (folderOf(path) === generated) continue;
    if (lines > maxLines) problems.push(`${path} has ${String(lines)} lines, more than ${String(maxLines)}: name its second idea`);
    if (/^(types|utils?|constants|helpers?)\.ts$/.test(name)) problems.push(`${path} is not named after an idea`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name)) problems.push(`${path} is not in kebab case`);
    if (name === "index.ts" && !barrels.includes(path)) problems.push(`${path} is a barrel too many`);
  }
  return problems;
}
