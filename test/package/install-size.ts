import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

export interface InstallSize {
  readonly packages: number;
  readonly bytes: number;
  /** Those that npm would run a script of on install. */
  readonly withScripts: readonly string[];
}

/** What an install has put into a project's `node_modules`. */
export async function installSize(project: string): Promise<InstallSize> {
  const modules = join(project, "node_modules");
  const { packages } = JSON.parse(await readFile(join(modules, ".package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  let bytes = 0;
  for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  const withScripts = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace(/.*node_modules\//, "")] : [],
  );
  return { packages: Object.keys(packages).length, bytes, withScripts };
}
