import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Where a package's dependencies are found from, and nobody looks. */
const INTO = join(ROOT, "node_modules/.cache/etcd-watch-bench");
const FOLDERS = ["src", "test/bench", "test/support"];
/** The package by its own name is what was compiled here. */
const PACKAGE = { name: "etcd-watch", type: "module", exports: { ".": "./src/index.js", "./mock-server": "./src/mock-server/index.js" } };

/** Compiles without looking at types, which the compiler's own run does. @returns the program to run */
export async function compileBenchmark(): Promise<string> {
  await rm(INTO, { recursive: true, force: true });
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  await mkdir(INTO, { recursive: true });
  await writeFile(join(INTO, "package.json"), JSON.stringify(PACKAGE));
  for (const folder of FOLDERS)
    for (const path of await readdir(join(ROOT, folder), { recursive: true })) {
      const from = join(ROOT, folder, path);
      const to = join(INTO, folder, path);
      await mkdir(dirname(to), { recursive: true });
      if (path.endsWith(".go")) await cp(from, to);
      if (!path.endsWith(".ts")) continue;
      const compilerOptions = { ...options, noEmit: false, module: ts.ModuleKind.ESNext };
      const { outputText } = ts.transpileModule(await readFile(from, "utf8"), { compilerOptions, fileName: from });
      await writeFile(to.replace(/\.ts$/, ".js"), outputText);
    }
  return join(INTO, "test/bench/benchmark.js");
}
