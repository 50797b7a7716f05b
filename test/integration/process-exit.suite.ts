import { expect, it } from "vitest";
import { startProxy } from "../support/proxies.ts";
import { runProgram } from "../support/run-program.ts";
import type { Suite } from "../support/servers.ts";

const PROGRAM = "test/programs/close-and-exit.ts";

export const processExit: Suite = (server) => {
  it("[76] a program ends by itself after close() with watches open", async () => {
    const run = await runProgram(PROGRAM, ["with-watches-open", server.endpoint]);
    expect(run).toMatchObject({ exitCode: 0, stdout: "closed\n", stderr: "" });
    expect(run.afterLastLineMs).toBeLessThan(2_000);
  });

  it("[76] a program ends by itself after close() during a backoff", async () => {
    const proxy = await startProxy(server.endpoint);
    const running = runProgram(PROGRAM, ["during-backoff", proxy.endpoint], {
      onLine: (line) => {
        if (line !== "created") return;
        proxy.refuse();
        proxy.cut();
      },
    });
    const run = await running;
    expect(run).toMatchObject({ exitCode: 0, stdout: "created\nclosed\n", stderr: "" });
    expect(run.afterLastLineMs).toBeLessThan(2_000);
  });

  it("[76] a program ends by itself after close() with an endpoint that accepts and never answers", async () => {
    const proxy = await startProxy(server.endpoint);
    proxy.stall();
    const run = await runProgram(PROGRAM, ["while-connecting", proxy.endpoint]);
    expect(run).toMatchObject({ exitCode: 0, stdout: "closed\n", stderr: "" });
    expect(run.afterLastLineMs).toBeLessThan(2_000);
  });
};
