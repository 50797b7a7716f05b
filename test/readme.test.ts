import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
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

function typeErrors(blocks: readonly Block[]): string[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = new Map(blocks.map(({ program }, index) => [join(ROOT, `test/readme-block-${index}.ts`), program]));
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.fileExists = (path) => files.has(path) || fileExists(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => {
    return `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

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

const pages = ["README.md", "docs/mock-server.md", "docs/controllers.md", "docs/coordination.md", "docs/observability.md"].map((page) => ({
  page,
  blocks: blocksOf(page),
}));

test("every TypeScript block passes the compiler", { timeout: LIMIT_MS }, () => {
  const blocks = pages.flatMap((page) => page.blocks);
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  expect(typeErrors(blocks)).toEqual([]);
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
    try {
      const { exitCode, stdout, stderr } = await run({ ...block, program }, folder);
      expect(stderr).toBe("");
      expect(exitCode).toBe(0);
      const promised = /console\.log\(.*\); \/\/ (.+)$/m.exec(program)?.[1];
      if (promised?.startsWith("[") === true) expect(stdout.trim()).toBe(promised);
      if (!program.includes("state.set")) expect(stdout).not.toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
