/** What may be in the tarball. Anything else is a mistake until it is added here. */
const ALLOWED: readonly RegExp[] = [
  /^(?:package\.json|README\.md|LICENSE)$/,
  /^dist\/.+\.(?:js|d\.ts|js\.map|d\.ts\.map)$/,
  /^src\/.+\.ts$/,
  /^proto\/.+\.(?:proto|md|mjs|yaml)$/,
];
/** Not even in a folder that is allowed. */
const FORBIDDEN = /(?:^|\/)(?:test|tests|__tests__|fixtures|coverage|node_modules|\.[^/]*)(?:\/|$)|\.test\.|\.spec\.|\.tgz$/;

/** The part of package.json that names files. */
export interface NamedFiles {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly main: string;
  readonly types: string;
  readonly bin?: Readonly<Record<string, string>>;
}

/** What is wrong with a tarball's list of files: one sentence each. */
export function fileListProblems(files: readonly string[], named: NamedFiles): string[] {
  const has = new Set(files);
  const problems: string[] = [];
  for (const file of files) {
    if (FORBIDDEN.test(file) || !ALLOWED.some((rule) => rule.test(file))) problems.push(`${file} does not belong in the package`);
  }
  for (const file of ["package.json", "README.md", "LICENSE"]) if (!has.has(file)) problems.push(`${file} is missing`);
  for (const file of namedIn(named)) if (!has.has(file)) problems.push(`${file}, which package.json names, is missing`);
  const sources = files.filter((file) => file.startsWith("src/") && !file.endsWith(".d.ts"));
  if (sources.length === 0) problems.push("there are no sources, to which the source maps lead");
  for (const source of sources) {
    const built = source.replace(/^src\//, "dist/").replace(/\.ts$/, "");
    for (const kind of [".js", ".d.ts", ".js.map", ".d.ts.map"]) {
      if (!has.has(built + kind)) problems.push(`${built}${kind} is missing: ${source} is not built`);
    }
  }
  for (const file of files) {
    const source = /^dist\/(.+)\.js$/.exec(file)?.[1];
    if (source !== undefined && !has.has(`src/${source}.ts`)) problems.push(`${file} has no source: it is left over from an earlier build`);
  }
  return problems;
}

function namedIn({ exports, main, types, bin = {} }: NamedFiles): string[] {
  const targets = Object.values(exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
  return [...targets, main, types, ...Object.values(bin)].map((path) => path.replace(/^\.\//, ""));
}
