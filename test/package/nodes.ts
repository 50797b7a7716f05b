import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "./command.ts";
import { CACHE } from "./places.ts";

/** A Node to try the package with. */
export interface NodeVersion {
  readonly version: string;
  /** Its executable, in a folder in which it is called `node`. */
  readonly path: string;
}

/** The least that `engines` names, and the last of each line since. The one that runs this comes on top. */
const VERSIONS = ["20.19.0", "22.23.3", "24.21.0", "26.10.0"];

/** Installs what is missing: npm has Node's own builds, one package for each platform. */
export async function nodeVersions(): Promise<NodeVersion[]> {
  const nodes: NodeVersion[] = [{ version: process.versions.node, path: process.execPath }];
  for (const version of VERSIONS) {
    if (version !== process.versions.node) nodes.push({ version, path: await installed(version) });
  }
  return nodes;
}

async function installed(version: string): Promise<string> {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(CACHE, `node-${version}`);
  const path = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true });
    await succeed("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, `${name}@${version}`], {
      cwd: folder,
    });
  }
  const { stdout } = await succeed(path, ["--version"], { cwd: folder });
  if (stdout.trim() !== `v${version}`) throw new Error(`${path} says that it is ${stdout.trim()}, and should be v${version}`);
  return path;
}
