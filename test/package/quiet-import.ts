import { succeed } from "./command.ts";

/** What a process sees when it imports all entry points: nothing may happen, and everything must be there, by import and by require alike. */
const PROGRAM = `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const globalsBefore = Object.getOwnPropertyNames(globalThis).length;
const names = {};
for (const entry of ["etcd-watch", "etcd-watch/mock-server"]) {
  const imported = Object.keys(await import(entry)).sort();
  const required = Object.keys(require(entry)).filter((name) => name !== "__esModule").sort();
  if (imported.join() !== required.join()) throw new Error(entry + ": import gives " + imported + ", require gives " + required);
  names[entry] = imported;
}
if (require("etcd-watch").EtcdClient !== (await import("etcd-watch")).EtcdClient) throw new Error("import and require give two copies");
if (require("etcd-watch/package.json").name !== "etcd-watch") throw new Error("etcd-watch/package.json is not the package's");
await import("etcd-watch/dist/index.js").then(
  () => { throw new Error("a file that is no entry point can be imported"); },
  (error) => { if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error; },
);
if (Object.getOwnPropertyNames(globalThis).length !== globalsBefore) throw new Error("the import has made globals");
console.log(JSON.stringify(names));
`;

/** Imports and requires the package, and waits for the process to end: an import that leaves a timer or a socket would keep it. */
export async function quietImport(project: string, node: string): Promise<string> {
  const { stdout, printed } = await succeed(node, ["--input-type=module", "-e", PROGRAM], { cwd: project, node, timeoutMs: 20_000 });
  const [names = "", ...others] = printed.trimEnd().split("\n").reverse();
  if (others.length > 0 || stdout !== printed) throw new Error(`the import printed something:\n${printed}`);
  return Object.entries(JSON.parse(names) as Record<string, string[]>)
    .map(([entry, { length }]) => `${entry} ${length} names`)
    .join(", ");
}
