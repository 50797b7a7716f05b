import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MeasuredProgram } from "./measured-process.ts";

/** Where Debian puts Go libraries. */
const DEBIAN_GOPATH = "/usr/share/gocode";
/** clientv3 as etcd 3.4 and as later ones have it. */
const IMPORTS = ["go.etcd.io/etcd/clientv3", "go.etcd.io/etcd/client/v3"];

/**
 * Builds the Go program, without modules, from the libraries in `GOPATH` or where Debian has them (`golang-go`, `golang-etcd-server-dev`).
 * `GO` names another compiler than the one in the path.
 * @returns the reason if it cannot be built
 */
export async function buildGoProgram(): Promise<MeasuredProgram | string> {
  const { GO: go = "go", GOPATH: path = DEBIAN_GOPATH } = process.env;
  const run = promisify(execFile);
  const library = IMPORTS.find((each) => existsSync(join(path, "src", each)));
  if (library === undefined) return `clientv3 is not in ${path} (Debian: golang-etcd-server-dev)`;
  const folder = await mkdtemp(join(tmpdir(), "etcd-watch-bench-"));
  const source = await readFile(new URL("../go/main.go", import.meta.url), "utf8");
  await writeFile(join(folder, "main.go"), source.replace(`"${IMPORTS[0] ?? ""}"`, `"${library}"`));
  try {
    const env = { ...process.env, GOPATH: path, GO111MODULE: "off", GOFLAGS: "" };
    await run(go, ["build", "-o", "measured", "main.go"], { cwd: folder, env });
  } catch (error) {
    return `the Go program could not be built: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
  }
  return { name: "Go clientv3", command: join(folder, "measured"), args: [] };
}
