import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runCommand } from "./command.ts";
import { outputProblem } from "./expected-output.ts";
import { pageSteps } from "./markdown-page.ts";

/** Any version of the package's tarball, as a page may name it. */
const TARBALL_NAME = /etcd-watch-\d+\.\d+\.\d+[\w.-]*\.tgz/g;
const BLOCK_LIMIT_MS = 120_000;

/**
 * Does what a page says, word for word, in a folder in which there is nothing but the tarball.
 * @returns what was done
 * @throws {Error} with the line of the page at which it does not go as it says
 */
export async function followPage(
  page: string,
  { folder, tarball, node }: { folder: string; tarball: string; node: string },
): Promise<string> {
  const steps = pageSteps(await readFile(page, "utf8"));
  const name = basename(tarball);
  await copyFile(tarball, join(folder, name));
  let [ran, wrote, compared] = [0, 0, 0];
  for (const step of steps) {
    if (step.kind === "write") {
      const path = join(folder, step.file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, step.text);
      wrote++;
      continue;
    }
    const script = step.script.replace(TARBALL_NAME, name);
    const { exitCode, printed } = await runCommand("sh", ["-c", `exec 2>&1\nset -eu\n${script}`], {
      cwd: folder,
      node,
      timeoutMs: BLOCK_LIMIT_MS,
    });
    const at = `line ${step.line} of ${basename(page)}`;
    if (exitCode !== 0) throw new Error(`${at} ended with ${String(exitCode)}:\n${script.trim()}\nIt printed:\n${printed.trim()}`);
    ran++;
    if (step.output === undefined) continue;
    const problem = outputProblem(printed, step.output);
    if (problem !== undefined) throw new Error(`${at} did not print what the page says: ${problem}`);
    compared++;
  }
  return `${ran} blocks run, ${wrote} files written, ${compared} outputs as shown`;
}
