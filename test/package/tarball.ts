import { existsSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "./command.ts";
import { ROOT } from "./places.ts";

export interface Tarball {
  readonly path: string;
  /** The names of its files, without npm's `package/`. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** As npm writes it into lock files: the same for the same files, wherever they are packed. */
  readonly integrity: string;
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/** Builds, and packs what would be published. npm's own `prepack` is not relied on: it does not run where scripts are ignored. */
export async function pack(folder: string): Promise<Tarball> {
  await succeed("npm", ["run", "-s", "build"], { cwd: ROOT });
  const { stdout } = await succeed("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT });
  const [report] = JSON.parse(stdout) as PackReport[];
  if (report === undefined) throw new Error(`npm pack told of no tarball: ${stdout}`);
  const path = join(folder, report.filename);
  if (!existsSync(path)) throw new Error(`npm pack told of ${report.filename}, which is not in ${folder}`);
  return {
    path,
    files: report.files.map((file) => file.path).sort(),
    packedBytes: report.size,
    unpackedBytes: report.unpackedSize,
    integrity: report.integrity,
  };
}
