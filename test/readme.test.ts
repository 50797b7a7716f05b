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
/** How long a block's loops go on before its client is closed. */
const BLOCK_RUNS_MS = 500;

interface Block {
  readonly heading: string;
  readonly program: string;
}

/** The TypeScript blocks of the README, each made a program: those that take a client for granted get one. */
function readmeBlocks(): Block[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => {
    const heading = /.*^##? (.+)$/ms.exec(readme.slice(0, index))?.[1]?.split("\n")[0] ?? "";
    const hasClient = code.includes("new EtcdClient(");
    const preamble = hasClient
      ? ""
      : `import { EtcdClient } from "etcd-watch";\nconst client = new EtcdClient({ endpoints: ["127.0.0.1:2379"] });\n`;
    const imports = code.match(/^import .*\n/gm)?.join("") ?? "";
    const body = code.replace(/^import .*\n/gm, "").replace(/(const client = .*\n)/, `$1${ENDING}`);
    return { heading, program: `${imports}${preamble}${hasClient ? "" : ENDING}${body}\nawait client.close();\n` };
  });
}

const ENDING = `setTimeout(() => void client.close(), ${BLOCK_RUNS_MS});\n`;

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

async function run(program: string, folder: string): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const path = join(folder, "block.mts");
  writeFileSync(path, program);
  const tsx = fileURLToPath(import.meta.resolve("tsx"));
  const child = spawn(process.execPath, ["--import", tsx, path], {
    cwd: folder,
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  return { exitCode: child.exitCode, stdout, stderr };
}

describe("README.md", { timeout: LIMIT_MS }, () => {
  const blocks = readmeBlocks();
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

  test("has TypeScript in it", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
  });

  test("every TypeScript block passes the compiler", () => {
    expect(typeErrors(blocks)).toEqual([]);
  });

  test.each(blocks)("the block under $heading runs", async ({ program }) => {
    const folder = mkdtempSync(join(tmpdir(), "etcd-watch-readme-"));
    try {
      const { exitCode, stdout, stderr } = await run(program.replaceAll("127.0.0.1:2379", server.endpoint), folder);
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
