import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "./command.ts";
import { CACHE } from "./places.ts";

/** The last of 5, the one that this repository is built with, and the native one. */
export const TYPESCRIPT_VERSIONS = ["5.9.3", "6.0.3", "7.0.2"];

/** How a consumer may be set up. `skipLibCheck` is off in all of them: our own declarations are checked too, and those of what we need. */
export const CONSUMER_SETTINGS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext", lib: ["es2022"] },
  bundler: { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"] },
  newest: { module: "nodenext", moduleResolution: "nodenext", target: "esnext", lib: ["esnext"], verbatimModuleSyntax: true },
} as const;

const STRICT = {
  target: "es2022",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  types: ["node"],
};

/** Compiles the consumer's program in its folder to `out`. @throws {Error} with what the compiler found */
export async function compile(
  folder: string,
  { version, settings, out, files }: { version: string; settings: keyof typeof CONSUMER_SETTINGS; out: string; files: readonly string[] },
): Promise<void> {
  const config = `tsconfig.${settings}.json`;
  const compilerOptions = { ...STRICT, ...CONSUMER_SETTINGS[settings], rootDir: ".", outDir: out };
  await writeFile(join(folder, config), JSON.stringify({ compilerOptions, files }));
  await succeed(process.execPath, [await typescript(version), "-p", config], { cwd: folder });
}

async function typescript(version: string): Promise<string> {
  const folder = join(CACHE, `typescript-${version}`);
  const path = join(folder, "node_modules/typescript/bin/tsc");
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true });
    await succeed("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, `typescript@${version}`], { cwd: folder });
  }
  return path;
}
