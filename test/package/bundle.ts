import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { build } from "esbuild";

/** Where a bundle is ESM, what is CommonJS in it (grpc-js) still calls `require` for Node's own modules. */
const REQUIRE_IN_ESM = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Makes one file of a program and all that it needs. Returns its size in bytes. */
export async function bundle(entry: string, out: string, format: "esm" | "cjs"): Promise<number> {
  await mkdir(dirname(out), { recursive: true });
  const { metafile, warnings } = await build({
    entryPoints: [entry],
    outfile: out,
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    minify: true,
    metafile: true,
    logLevel: "silent",
    ...(format === "esm" ? { banner: { js: REQUIRE_IN_ESM } } : {}),
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join("\n"));
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}
