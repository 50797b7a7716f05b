import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as library from "etcd-watch";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typeErrors } from "./support/block-types.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** For blocks that read PEM files. */
const CERTIFICATES = fileURLToPath(new URL("support/certificates", import.meta.url));
const LIMIT_MS = 60_000;
/** A block whose loop goes on for ever is ended so long after its first words, or after a while if it says nothing. */
const AFTER_FIRST_WORDS_MS = 300;
const WITHOUT_WORDS_MS = 5_000;

interface Block {
  readonly heading: string;
  readonly isEndless: boolean;
  readonly program: string;
}

/** The TypeScript blocks of a page, each made a program: those that take a client for granted get one. */
function blocksOf(page: string): Block[] {
  const readme = readFileSync(join(ROOT, page), "utf8");
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => {
    const heading = /.*^##? (.+)$/ms.exec(readme.slice(0, index))?.[1]?.split("\n")[0] ?? "";
    const preamble = code.includes("new EtcdClient(") ? "" : PREAMBLE;
    const imports = code.match(/^import .*\n/gm)?.join("") ?? "";
    const body = preamble + code.replace(/^import .*\n/gm, "");
    const isEndless = code.includes("for await") && !code.includes("break;");
    const program = isEndless ? body.replace(/^(const client = .*\n)/m, `$1${ENDING}`) : body;
    return {
      heading,
      isEndless,
      program: `${preamble === "" ? "" : IMPORT}${imports}${program}${/^const client = /m.test(program) ? "await client.close();\n" : ""}`,
    };
  });
}

const IMPORT = `import { EtcdClient } from "etcd-watch";\n`;
const PREAMBLE = `const client = new EtcdClient({ endpoints: ["127.0.0.1:2379"] });\n`;
/** Ends what would go on for ever. */
const ENDING = `process.once("SIGTERM", () => void client.close());\n`;

async function run({ program, isEndless }: Block, folder: string): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const path = join(folder, "block.mts");
  writeFileSync(path, program);
  const tsx = fileURLToPath(import.meta.resolve("tsx"));
  const child = spawn(process.execPath, ["--import", tsx, path], {
    cwd: folder,
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json"), NODE_TEST_CONTEXT: undefined },
  });
  const endAfter = (ms: number): void => {
    if (isEndless) setTimeout(() => child.kill("SIGTERM"), ms).unref();
  };
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout.once("data", () => {
    endAfter(AFTER_FIRST_WORDS_MS);
  });
  endAfter(WITHOUT_WORDS_MS);
  await once(child, "close");
  return { exitCode: child.exitCode, stdout, stderr };
}

const PAGES = [
  "README.md",
  "docs/mock-server.md",
  "docs/controllers.md",
  "docs/coordination.md",
  "docs/observability.md",
  "docs/recipes.md",
  "docs/errors.md",
  "docs/guides/from-clientv3.md",
  "docs/guides/from-etcd3.md",
];
const pages = PAGES.map((page) => ({ page, blocks: blocksOf(page) }));

/** What a block says that it prints: the comment behind each `console.log` that has a line of its own. In order. */
function promisesOf(program: string): string[] {
  return [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.+)$/gm)].map(({ 1: promise = "" }) => promise);
}

test("every TypeScript block passes the compiler", { timeout: LIMIT_MS }, () => {
  const blocks = pages.flatMap((page) => page.blocks);
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  expect(
    typeErrors(
      ROOT,
      blocks.map(({ program }) => program),
    ),
  ).toEqual([]);
});

test("docs/errors.md speaks of each error", () => {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const names = Object.entries(library).flatMap(([name, value]) => {
    return typeof value === "function" && Object.prototype.isPrototypeOf.call(library.EtcdError, value) ? [name] : [];
  });
  expect(names.length).toBeGreaterThan(5);
  expect([...page.matchAll(/^### (\w+), /gm)].map(({ 1: name }) => name).sort()).toEqual(names.sort());
});

describe.each(pages)("$page", { timeout: LIMIT_MS }, ({ blocks }) => {
  let server: MockEtcdServer;
  let client: EtcdClient;
  let writing: NodeJS.Timeout;

  beforeAll(async () => {
    server = await MockEtcdServer.start();
    client = new EtcdClient({ endpoints: server.endpoint });
    let count = 0;
    writing = setInterval(() => {
      for (const prefix of ["config", "jobs", "log"]) void client.kv.put(`${prefix}/${++count % 5}`, String(count)).catch(() => undefined);
    }, 40);
  });

  afterAll(async () => {
    clearInterval(writing);
    await client.close();
    await server.stop();
  });

  // vitest's own functions work under vitest only
  test.each(blocks.filter(({ program }) => !program.includes('from "vitest"')))("the block under $heading runs", async (block) => {
    const program = block.program.replaceAll("127.0.0.1:2379", server.endpoint);
    const folder = mkdtempSync(join(tmpdir(), "etcd-watch-readme-"));
    cpSync(CERTIFICATES, folder, { recursive: true });
    try {
      const { exitCode, stdout, stderr } = await run({ ...block, program }, folder);
      expect(stderr).toBe("");
      expect(exitCode).toBe(0);
      const promises = promisesOf(program);
      const isPromise = new Set(promises);
      expect(stdout.split("\n").filter((line) => isPromise.has(line))).toEqual(promises);
      if (!program.includes("state.set")) expect(stdout).not.toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
