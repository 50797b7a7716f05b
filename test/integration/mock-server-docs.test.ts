import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** As a project would have it that has installed the package, but for where that lies. */
const config = `export default {
  resolve: { alias: [
    { find: "etcd-watch/mock-server", replacement: ${JSON.stringify(join(ROOT, "src/mock-server/index.ts"))} },
    { find: "etcd-watch", replacement: ${JSON.stringify(join(ROOT, "src/index.ts"))} },
  ] },
};
`;

// The other blocks of the page are programs, and test/readme.test.ts runs them.
it("the vitest example of docs/mock-server.md is a test that passes", { timeout: 60_000 }, async () => {
  const page = await readFile(join(ROOT, "docs/mock-server.md"), "utf8");
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = "" }) => code);
  const [example, ...others] = blocks.filter((code) => code.includes('from "vitest"'));
  expect(others).toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), "etcd-watch-docs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "vitest.config.mjs"), config);
  await writeFile(join(folder, "example.test.ts"), example ?? "");
  const ownVariables = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const child = spawn(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", "--root", folder], {
    cwd: folder,
    env: Object.fromEntries(ownVariables),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  expect(child.exitCode, stderr + stdout).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ numTotalTests: 1, numPassedTests: 1 });
});
