// Writes src/gen from etcd's .proto files: `npm run generate`. With --check it fails if src/gen would change.
// buf and ts-proto come from npm, so nothing is downloaded here.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const gen = new URL("../src/gen/", import.meta.url);
const read = () => {
  try {
    return readdirSync(gen)
      .sort()
      .map((name) => `${name}\n${readFileSync(new URL(name, gen), "utf8")}`)
      .join("\n");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
};

const before = read();
execFileSync(bin("buf"), ["generate"], { cwd: here, stdio: "inherit" });
execFileSync(bin("prettier"), ["--write", "--log-level", "warn", fileURLToPath(gen)], { cwd: here, stdio: "inherit" });
if (process.argv.includes("--check") && read() !== before) {
  console.error("src/gen is not what proto/ says: commit what `npm run generate` wrote");
  process.exit(1);
}
