import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually, within } from "./support/eventually.ts";

const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));
const PROGRAM_LIMIT_MS = 40_000;
const TEST_LIMIT_MS = PROGRAM_LIMIT_MS + 10_000;

/** An example that runs, as a user would run it. */
class Program {
  stdout = "";
  stderr = "";
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(example: string, { parameters = [], env = {} }: { parameters?: readonly string[]; env?: NodeJS.ProcessEnv } = {}) {
    const program = spawn(process.execPath, ["--import", "tsx", join(EXAMPLES, example), ...parameters], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PROGRAM_LIMIT_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    });
    program.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    program.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#process = program;
    this.#closed = once(program, "close");
  }

  get lines(): string[] {
    return this.stdout.split("\n").filter((line) => line !== "");
  }

  async prints(text: string): Promise<void> {
    const describe = (): string => `no ${JSON.stringify(text)} in:\n${this.stdout}${this.stderr}`;
    await eventually(() => this.stdout.includes(text), { timeoutMs: 20_000, describe });
  }

  async exits(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  async interrupt(): Promise<number | null> {
    this.#process.kill("SIGINT");
    return within(5_000, "an end by Ctrl-C", this.exits());
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}

describe("examples", { timeout: TEST_LIMIT_MS }, () => {
  let server: MockEtcdServer;
  let client: EtcdClient;
  let programs: Program[];

  beforeEach(async () => {
    server = await MockEtcdServer.start();
    client = new EtcdClient({ endpoints: server.endpoint });
    programs = [];
  });

  afterEach(async () => {
    for (const program of programs) program.kill();
    await client.close();
    await server.stop();
  });

  function run(example: string, ...parameters: string[]): Program {
    const program = new Program(example, { parameters, env: { ETCD_ENDPOINTS: server.endpoint } });
    programs.push(program);
    return program;
  }

  test("each has a test here", () => {
    const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith(".ts"));
    expect(examples.sort()).toEqual([
      "config-cache.ts",
      "demo.ts",
      "leader-controller.ts",
      "opentelemetry.ts",
      "prometheus.ts",
      "resume-from-revision.ts",
      "service-registry.ts",
      "slow-reader.ts",
      "test-a-controller.ts",
      "test-with-mock-server.ts",
      "watch-prefix.ts",
    ]);
  });

  test("each is under 60 lines, but for the demo", () => {
    const linesOf = (name: string): number => readFileSync(join(EXAMPLES, name), "utf8").split("\n").length - 1;
    const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith(".ts") && name !== "demo.ts");
    expect(examples.filter((name) => linesOf(name) >= 60)).toEqual([]);
  });

  test("watch-prefix.ts prints what there is and what changes, and Ctrl-C ends it", async () => {
    await client.kv.put("config/colour", "blue");
    await client.kv.put("other/colour", "red");
    const program = run("watch-prefix.ts", "config/");
    await program.prints("is config/colour blue");
    await client.kv.put("config/colour", "green");
    server.faults.dropConnections();
    await expect.poll(() => client.state.state).not.toBe("connected");
    await client.kv.delete("config/colour");
    await program.prints("delete config/colour");
    expect(await program.interrupt()).toBe(0);
    expect(program.lines).toEqual(["is config/colour blue", "put config/colour green", "delete config/colour "]);
    expect(program.stderr).toBe("");
  });

  test("watch-prefix.ts says that nobody answers", async () => {
    const { endpoint } = server;
    await server.stop();
    const program = run("watch-prefix.ts", "config/");
    expect(await program.exits()).toBe(1);
    expect(program.stderr).toContain(`UNAVAILABLE: no endpoint could be reached: ${endpoint}: `);
  });

  test("resume-from-revision.ts goes on where the last run left off", async () => {
    const folder = mkdtempSync(join(tmpdir(), "etcd-watch-"));
    try {
      const position = join(folder, "position.txt");
      await client.kv.put("config/a", "1");
      const first = run("resume-from-revision.ts", "config/", position);
      await first.prints("config/a 1");
      expect(await first.interrupt()).toBe(0);
      expect(readFileSync(position, "utf8")).toBe("3\n");

      await client.kv.put("config/a", "2");
      await client.kv.put("config/b", "3");
      const second = run("resume-from-revision.ts", "config/", position);
      await second.prints("config/b 3");
      expect(await second.interrupt()).toBe(0);
      expect([...first.lines, ...second.lines]).toEqual(["2 put config/a 1", "3 put config/a 2", "4 put config/b 3"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("test-with-mock-server.ts passes", async () => {
    const program = run("test-with-mock-server.ts");
    expect(await program.exits(), program.stdout + program.stderr).toBe(0);
    expect(program.stdout).toContain("# pass 1");
  });

  test("test-a-controller.ts passes", async () => {
    const program = run("test-a-controller.ts");
    expect(await program.exits(), program.stdout + program.stderr).toBe(0);
    expect(program.stdout).toContain("# pass 1");
  });

  test("config-cache.ts knows the settings, and is told of changes that it missed", async () => {
    await client.kv.put("config/colour", '"blue"');
    const program = run("config-cache.ts", "config/");
    await program.prints('config/colour = "blue"');
    await client.kv.put("config/colour", "not JSON");
    await program.prints('config/colour is no JSON and is left as it was: "blue"');
    server.faults.dropConnections();
    const other = new EtcdClient({ endpoints: server.endpoint }); // a connection that was not cut
    const { header } = await other.kv.put("config/size", "3");
    await other.kv.compact(header.revision);
    await other.close();
    await program.prints("config/size = 3");
    await client.kv.delete("config/size");
    await program.prints("config/size is gone; it was 3");
    expect(await program.interrupt()).toBe(0);
    expect(program.lines[0]).toBe("1 settings at revision 2");
    expect(program.stderr).toBe("");
  });

  test("service-registry.ts announces each service while it lives, and tells who comes and goes", async () => {
    const first = run("service-registry.ts", "web", "10.0.0.1:80");
    await first.prints("joined 10.0.0.1:80 (1 there)");
    const second = run("service-registry.ts", "web", "10.0.0.2:80");
    await first.prints("joined 10.0.0.2:80 (2 there)");
    expect(await second.interrupt()).toBe(0);
    await first.prints("left 10.0.0.2:80 (1 there)");
    const third = run("service-registry.ts", "web", "10.0.0.3:80");
    await first.prints("joined 10.0.0.3:80 (2 there)");
    third.kill();
    await first.prints("left 10.0.0.3:80 (1 there)");
    expect(await first.interrupt()).toBe(0);
    expect((await client.kv.get("services/", { prefix: true })).count).toBe(0n);
    expect(first.stderr + second.stderr).toBe("");
  });

  test("service-registry.ts announces its service again when etcd was away for longer than its lease", async () => {
    const program = run("service-registry.ts", "web", "10.0.0.1:80");
    await program.prints("announced 10.0.0.1:80 for 5 seconds at a time");
    await program.prints("joined 10.0.0.1:80 (1 there)");
    await server.stop();
    await program.prints("not announced: LEASE_EXPIRED");
    await program.prints("not announced: UNAVAILABLE");
    await server.restart();
    const announced = (): number => program.lines.filter((line) => line.startsWith("announced")).length;
    await expect.poll(announced, { timeout: 20_000 }).toBe(2);
    expect(await program.interrupt(), program.stderr).toBe(0);
    expect((await client.kv.get("services/", { prefix: true })).count).toBe(0n);
  });

  test("slow-reader.ts parks the slow one, and both see everything", async () => {
    const program = run("slow-reader.ts");
    expect(await program.exits(), program.stderr).toBe(0);
    expect(program.stdout).toContain("the slow reader is parked");
    expect(program.stdout).toContain("the slow reader has seen 400 of 400 events");
    expect(program.stdout).toContain("the fast reader has seen 400 of 400 events");
  });

  test("prometheus.ts serves the metrics as Prometheus reads them", async () => {
    const program = run("prometheus.ts");
    expect(await program.exits(), program.stderr).toBe(0);
    expect(program.stderr).toBe("");
    const { lines } = program;
    const names = lines.flatMap((line) => /^# TYPE (\S+) (?:gauge|counter)$/.exec(line)?.[1] ?? []);
    expect(names.length).toBe(new Set(names).size);
    expect(names.length).toBeGreaterThanOrEqual(17);
    const samples = lines.filter((line) => !line.startsWith("#"));
    for (const sample of samples) expect(sample).toMatch(/^[a-z_]+(\{[a-z]+="[^"\\]+"\})? -?[0-9.]+$/);
    expect(samples).toEqual(
      expect.arrayContaining([
        "etcd_watch_connections 1",
        "etcd_watch_streams 1",
        'etcd_watch_watches{place="watching"} 1',
        "etcd_watch_creates_total 1",
        'etcd_watch_ended_total{cause="slow-consumer"} 0',
      ]),
    );
  });

  test("opentelemetry.ts makes spans and metrics of what the channels tell", async () => {
    const program = run("opentelemetry.ts");
    expect(await program.exits(), program.stderr).toBe(0);
    expect(program.stderr).toBe("");
    expect(program.lines.slice(0, 4)).toEqual([
      "span reconcile, exception not ready {}",
      'span reconcile {"key":"jobs/1","attempt":1}',
      'span reconcile {"key":"jobs/1","attempt":2}',
      'etcd_watch.stream.breaks +1 {"cause":"UNAVAILABLE"}',
    ]);
    expect(program.lines).toContain('etcd_watch.watch.ends +1 {"cause":"quiet"}');
    expect(program.lines).toContain('span reconcile {"key":"jobs/2","attempt":2}');
  });

  test("leader-controller.ts works in one of three processes, and in the next when it is killed", async () => {
    const invoices = async (): Promise<Record<string, string>> => {
      const { kvs } = await client.kv.get("invoices/", { prefix: true });
      return Object.fromEntries(kvs.map(({ keyText, valueText }) => [keyText, valueText]));
    };
    const three = [1, 2, 3].map(() => run("leader-controller.ts"));
    const candidates = async (): Promise<bigint> => (await client.kv.get("elections/invoices/", { prefix: true, countOnly: true })).count;
    await expect.poll(candidates, { timeout: 20_000 }).toBe(3n);
    await client.kv.put("orders/1", '{"item":"tea","price":3.5}');
    const works = (program: Program): boolean => program.stdout.includes("invoices/1 tea: 3.50");
    await expect.poll(() => three.filter(works).length, { timeout: 10_000 }).toBe(1);
    expect(await invoices()).toEqual({ "invoices/1": "tea: 3.50" });

    const [leader, ...others] = [...three].sort((a, b) => Number(works(b)) - Number(works(a))) as [Program, Program, Program];
    leader.kill();
    await client.kv.put("orders/2", '{"item":"milk","price":1}');
    await client.kv.put("orders/3", '{"item":"sugar"}');
    await client.kv.delete("orders/1");
    await expect.poll(invoices, { timeout: 20_000 }).toEqual({ "invoices/2": "milk: 1.00" });
    for (const program of others) expect(await program.interrupt(), program.stderr).toBe(0);
    expect(await candidates()).toBe(0n);
    expect(others.map(({ stderr }) => stderr)).toEqual(["", ""]);
  });

  test("demo.ts counts every event once, on the bundled server", async () => {
    const program = new Program("demo.ts", { env: { ETCD_ENDPOINTS: "" } });
    programs.push(program);
    expect(await program.exits(), program.stdout + program.stderr).toBe(0);
    const [, expected, delivered] = /events expected (\d+), delivered (\d+), lost 0, duplicated 0$/.exec(program.lines.at(-1) ?? "") ?? [];
    expect(Number(delivered)).toBe(Number(expected));
    expect(Number(expected)).toBeGreaterThan(100);
    expect(program.stdout).toContain("CompactedError");
    expect(program.stdout).not.toContain("\u001b");
    expect(Math.max(...program.lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("demo.ts leaves nothing behind on a given server, and does not compact it", async () => {
    await client.kv.put("mine", "1");
    const program = run("demo.ts");
    expect(await program.exits(), program.stdout + program.stderr).toBe(0);
    expect(program.lines.at(-1)).toMatch(/lost 0, duplicated 0$/);
    const { kvs } = await client.kv.get("", { prefix: true });
    expect(kvs.map(({ keyText }) => keyText)).toEqual(["mine"]);
    await expect(client.kv.get("mine", { revision: 2n })).resolves.toMatchObject({ count: 1n });
  });

  test("demo.ts ends on Ctrl-C, and deletes its keys", async () => {
    const program = run("demo.ts");
    await program.prints("history");
    expect(await program.interrupt()).toBe(130);
    expect((await client.kv.get("", { prefix: true, countOnly: true })).count).toBe(0n);
  });

  test("demo.ts fails on a server that does not answer", async () => {
    await server.stop();
    const program = run("demo.ts");
    expect(await program.exits()).toBe(1);
    expect(program.stderr).toContain("UNAVAILABLE");
  });
});
