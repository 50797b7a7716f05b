import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { bundle } from "./bundle.ts";
import { Checks } from "./checks.ts";
import { succeed } from "./command.ts";
import { compile, CONSUMER_SETTINGS, TYPESCRIPT_VERSIONS } from "./compile.ts";
import { CONSUMER_OUTPUT, consumerProject, projectWith } from "./consumer-project.ts";
import { fileListProblems, type NamedFiles } from "./file-list.ts";
import { importTime } from "./import-time.ts";
import { installSize } from "./install-size.ts";
import { newUsers } from "./new-user.ts";
import { nodeVersions } from "./nodes.ts";
import { inEmptyFolder, ROOT } from "./places.ts";
import { quietImport } from "./quiet-import.ts";
import { pack, type Tarball } from "./tarball.ts";

// Packs the package, and looks at it from outside: what is in it, what it costs, and whether it works wherever users may put it.

const INCUMBENT = "etcd3@1.1.2";
/** About what grpc-js brings by itself. */
const MAX_PACKAGES = 40;
const MAX_MEGABYTES = 25;
/** grpc-js takes two thirds of it. On a machine that does a lot else it takes longer, so this is not what is promised. */
const MAX_IMPORT_MS = 2_000;

const checks = new Checks();
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

await inEmptyFolder(async (work) => {
  console.log("The tarball");
  const tarball = await pack(work);
  await checks.check("holds what it should, and nothing else", () => checkFiles(tarball));

  console.log("Installed");
  const project = join(work, "consumer");
  await mkdir(project);
  await consumerProject(project, tarball.path);
  await checks.check("is small, and runs no script of its own", () => checkSize(project, work));

  console.log("Types");
  for (const version of TYPESCRIPT_VERSIONS) await checkTypes(project, version);

  console.log("Bundles");
  const bundles = await checkBundles(project, join(work, "bundles"));

  const nodes = await nodeVersions();
  for (const { version, path } of nodes) {
    console.log(`Node ${version}`);
    await checks.check("imports and requires, and nothing happens", () => quietImport(project, path));
    await checks.check("imports in good time", () => checkImportTime(project, path));
    const programs = { compiled: "out-nodenext/consumer.js", ...bundles };
    for (const [kind, program] of Object.entries(programs))
      await checks.check(`runs the program, ${kind}`, () => runConsumer(project, program, path));
    await checks.check("runs CommonJS, compiled", async () => {
      const { stdout } = await succeed(path, ["out-nodenext/require.cjs"], { cwd: project, node: path });
      if (stdout.trim() !== "required") throw new Error(`it printed ${stdout}`);
      return "";
    });
  }

  await newUsers(checks, { tarball: tarball.path, nodes });
});
checks.end();

async function checkFiles(tarball: Tarball): Promise<string> {
  const named = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as NamedFiles;
  const problems = fileListProblems(tarball.files, named);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const { files, packedBytes, unpackedBytes, integrity } = tarball;
  return `${basename(tarball.path)}, ${files.length} files, ${megabytes(packedBytes)} packed, ${megabytes(unpackedBytes)} unpacked, ${integrity}`;
}

async function checkSize(project: string, work: string): Promise<string> {
  const own = await installSize(project);
  const other = join(work, "incumbent");
  await mkdir(other);
  await projectWith(other, INCUMBENT);
  const theirs = await installSize(other);
  const [name = ""] = INCUMBENT.split("@");
  const { ms } = await importTime(other, name, process.execPath);
  const { scripts } = JSON.parse(await readFile(join(project, "node_modules/etcd-watch/package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const ownScripts = Object.keys(scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name));
  if (ownScripts.length > 0 || own.withScripts.includes("etcd-watch")) throw new Error(`it has install scripts: ${ownScripts.join(", ")}`);
  const said =
    `${own.packages} packages, ${megabytes(own.bytes)}; ${INCUMBENT}: ${theirs.packages} packages, ${megabytes(theirs.bytes)}, imported in ${ms.toFixed(0)} ms; ` +
    `scripts on install: ${own.withScripts.join(", ") || "none"}`;
  if (own.packages > MAX_PACKAGES || own.bytes > MAX_MEGABYTES * 1e6)
    throw new Error(`more than ${MAX_PACKAGES} packages or ${MAX_MEGABYTES} MB: ${said}`);
  return said;
}

async function checkTypes(project: string, version: string): Promise<void> {
  for (const settings of Object.keys(CONSUMER_SETTINGS) as (keyof typeof CONSUMER_SETTINGS)[]) {
    // a file that is CommonJS by its name has no place where a bundler resolves
    const files = settings === "nodenext" ? ["consumer.ts", "require.cts"] : ["consumer.ts"];
    await checks.check(`TypeScript ${version}, ${settings}`, async () => {
      await compile(project, { version, settings, out: `out-${settings}`, files });
      return "";
    });
  }
}

async function checkBundles(project: string, out: string): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const [format, extension, entry] of [
    ["esm", "mjs", "out-bundler/consumer.js"],
    ["cjs", "cjs", "out-nodenext/require.cjs"],
  ] as const) {
    const file = join(out, `consumer.${extension}`);
    await checks.check(`one ${format} file, by esbuild`, async () => megabytes(await bundle(join(project, entry), file, format)));
    made[`in one ${format} file`] = file;
  }
  return made;
}

async function runConsumer(project: string, program: string, node: string): Promise<string> {
  // a bundle runs where there are no packages
  const { stdout } = await succeed(node, [program], { cwd: program.startsWith("/") ? join(program, "..") : project, node });
  const expected = program.endsWith(".cjs") ? "required" : CONSUMER_OUTPUT;
  if (stdout.trim() !== expected) throw new Error(`it should print ${expected}\nand printed    ${stdout.trim()}`);
  return "";
}

async function checkImportTime(project: string, node: string): Promise<string> {
  const own = await importTime(project, "etcd-watch", node);
  const grpc = await importTime(project, "@grpc/grpc-js", node);
  const said = `etcd-watch ${own.ms.toFixed(0)} ms, ${megabytes(own.heapBytes)} heap; of these grpc-js ${grpc.ms.toFixed(0)} ms`;
  if (own.ms > MAX_IMPORT_MS) throw new Error(`more than ${MAX_IMPORT_MS} ms: ${said}`);
  return said;
}
