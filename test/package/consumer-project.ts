import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "./command.ts";
import { COMMONJS_CONSUMER } from "./commonjs-consumer.ts";
import { ROOT } from "./places.ts";

/** What the program in `consumer/` prints, wherever and however it is run. */
export const CONSUMER_OUTPUT =
  '{"first":"{\\"port\\":80}","seen":["put services/a 81","delete services/a","reconcile services/a 82 fenced","init","item","synced","one of 1"],"port":82,"state":"connected","closed":"closed"}';

/** An empty project in which a package was installed, as users do: install scripts and all. */
export async function projectWith(folder: string, spec: string): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await succeed("npm", ["install", "--no-audit", "--no-fund", spec], { cwd: folder });
}

/** The same with the consumer's program in it. */
export async function consumerProject(folder: string, tarball: string): Promise<void> {
  await projectWith(folder, tarball);
  await cp(join(ROOT, "test/package/consumer"), folder, { recursive: true });
  await writeFile(join(folder, "require.cts"), COMMONJS_CONSUMER);
}
