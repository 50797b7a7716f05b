import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../support/clients.ts";
import { runProgram, type ProgramRun } from "../support/run-program.ts";

const TIMEOUT_MS = 60_000;

interface Stage {
  /** Puts a key as somebody else would. */
  readonly put: (key: string, value: string) => void;
  readonly run: (parameters: readonly string[], onLine?: (line: string, interrupt: () => void) => void) => Promise<ProgramRun>;
}

type ExampleTest = (stage: Stage) => Promise<void>;

/** Each example is run as a user would run it, on the bundled server. */
const examples: Readonly<Record<string, ExampleTest>> = {
  "resume-from-revision.ts": async ({ put, run }) => {
    const directory = await mkdtemp(join(tmpdir(), "etcd-watch-example-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const position = join(directory, "position.txt");
    for (const value of ["1", "2"]) {
      put("config/a", value);
      const { exitCode, stdout, stderr } = await run(["config/", position], (_, interrupt) => {
        interrupt();
      });
      expect([exitCode, stdout, stderr]).toEqual([0, `${String(Number(value) + 1)} put config/a ${value}\n`, ""]);
    }
    expect(await readFile(position, "utf8")).toBe("4\n");
  },

  "slow-reader.ts": async ({ run }) => {
    const { exitCode, stdout, stderr } = await run([]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const name of ["slow", "fast"]) expect(stdout).toContain(`the ${name} reader has seen 400 of 400 events`);
    expect(stdout).toContain("the slow reader is parked");
  },

  "test-with-mock-server.ts": async ({ run }) => {
    const { exitCode, stdout } = await run([]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("# pass 1");
  },

  "watch-prefix.ts": async ({ put, run }) => {
    put("config/a", "before");
    put("other", "unseen");
    const { exitCode, stdout, stderr } = await run(["config/"], (line, interrupt) => {
      if (line.startsWith("is")) put("config/b", "after");
      else interrupt();
    });
    expect([exitCode, stdout, stderr]).toEqual([0, "is config/a before\nput config/b after\n", ""]);
  },
};

describe("examples on the bundled server", () => {
  it.each(Object.entries(examples))(
    "%s does what it says",
    async (name, test) => {
      await using server = await MockEtcdServer.start();
      const client = connect(server.endpoint);
      await test({
        put: (key, value) => void client.kv.put(key, value),
        run: (parameters, onLine) =>
          runProgram(`examples/${name}`, parameters, {
            environment: { ETCD_ENDPOINTS: server.endpoint },
            timeoutMs: TIMEOUT_MS,
            ...(onLine === undefined ? {} : { onLine }),
          }),
      });
    },
    TIMEOUT_MS,
  );

  it("leave none out", async () => {
    const files = (await readdir("examples")).filter((name) => name.endsWith(".ts"));
    expect([...Object.keys(examples), "demo.ts"].sort()).toEqual(files.sort()); // the demo has a test of its own: `npm run demo`
  });
});
