import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { runInThisContext } from "node:vm";
import * as etcdWatch from "etcd-watch";
import * as mockServer from "etcd-watch/mock-server";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { typeErrors } from "./support/block-types.ts";
import { docExamples } from "./support/doc-examples.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { EtcdClient, Informer } = etcdWatch;
const { MockEtcdServer } = mockServer;
const LIMIT_MS = 30_000;
/** Time for an endless loop to say its first words. */
const FIRST_WORDS_MS = 10_000;

const examples = docExamples(ROOT, "src").map((example) => ({
  ...example,
  isEndless: example.code.includes("for await") && !example.code.includes("break;"),
}));
const declares = (code: string, name: string): boolean => new RegExp(`(?:const|let|using) ${name} =`).test(code);
const uses = (code: string, name: string): boolean => new RegExp(`(?<![\\w.])${name}\\b`).test(code);

/** With what an example takes for granted: the package's names, `client`, and `informer`. */
function asProgram({ code }: { readonly code: string }): string {
  const importOf = (module: object, from: string): string => {
    const names = Object.keys(module).filter((name) => uses(code, name) || name === "EtcdClient" || name === "Informer");
    return names.length === 0 ? "" : `import { ${names.join(", ")} } from "${from}";\n`;
  };
  const givens = [
    declares(code, "client") ? "" : "declare const client: EtcdClient;\n",
    declares(code, "informer") || !uses(code, "informer") ? "" : "declare const informer: Informer<{ port: number }>;\n",
  ];
  // an example may leave what it made unused, and an import too
  return `${importOf(etcdWatch, "etcd-watch")}${importOf(mockServer, "etcd-watch/mock-server")}${givens.join("")}export type Used = [EtcdClient, Informer<unknown>];\n${code}`;
}

/** Runs it with these things in scope. Its promise settles when it is done. */
function run(code: string, name: string, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const script = ts.transpileModule(`async (${Object.keys(scope).join(", ")}) => {\n${code}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const main = runInThisContext(script.outputText, { filename: name }) as (...values: unknown[]) => Promise<void>;
  return main(...Object.values(scope));
}

test("every example passes the compiler", { timeout: LIMIT_MS }, () => {
  expect(examples.length).toBeGreaterThanOrEqual(30);
  expect(typeErrors(ROOT, examples.map(asProgram))).toEqual([]);
});

test("every class that users make, or start, has an example", () => {
  const classes = Object.keys({ ...etcdWatch, ...mockServer }).filter((name) => /^[A-Z]/.test(name) && !name.endsWith("Error"));
  expect(classes.length).toBeGreaterThanOrEqual(9);
  expect(classes.filter((name) => !examples.some((example) => example.name === name))).toEqual([]);
});

describe("the example of", { timeout: LIMIT_MS }, () => {
  test.each(examples)("$name runs ($place)", async ({ code, isEndless, place }) => {
    await using server = await MockEtcdServer.start();
    await using client = new EtcdClient({ endpoints: server.endpoint });
    await using informer = new Informer(client, { prefix: "services/", decode: (kv) => kv.json() });
    await client.kv.put("services/a", '{"port":80,"zone":"eu-1"}');
    await client.lease.grant(60);
    if (!declares(code, "informer") && uses(code, "informer")) await informer.start();
    const printed: string[] = [];
    const log = (...values: unknown[]): void => {
      printed.push(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "));
    };
    let count = 0;
    const writing = setInterval(() => {
      for (const prefix of ["config", "services"]) void client.kv.put(`${prefix}/b`, `{"port":${++count}}`).catch(() => undefined);
    }, 20);
    try {
      const running = run(code.replaceAll("127.0.0.1:2379", server.endpoint), place, {
        ...etcdWatch,
        ...mockServer,
        ...(declares(code, "client") ? {} : { client }),
        ...(declares(code, "informer") ? {} : { informer }),
        console: { ...console, log },
      });
      if (isEndless) {
        await expect.poll(() => printed.length, { timeout: FIRST_WORDS_MS }).toBeGreaterThan(0);
        await client.close();
      }
      await running;
    } finally {
      clearInterval(writing);
    }
    if (code.includes("console.log(") && !code.includes("if (")) expect(printed).not.toEqual([]);
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, text]) => text);
    expect(printed).toEqual(expect.arrayContaining(promised));
  });
});
