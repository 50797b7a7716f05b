import { readFile } from "node:fs/promises";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";

export async function versionCommand({ output }: Context): Promise<ExitCode> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
  await output.line(`etcd-watch version: ${version}`);
  return exitCodes.success;
}
