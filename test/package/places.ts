import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What takes long to fetch and does not change. Git and npm leave it alone. */
export const CACHE = join(ROOT, "node_modules/.cache/etcd-watch");

/** Lends an empty folder, outside of this repository so that nothing of it is found by accident. */
export async function inEmptyFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "etcd-watch-package-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
