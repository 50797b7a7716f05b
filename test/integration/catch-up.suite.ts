import { expect, it } from "vitest";
import { runProgram } from "../support/run-program.ts";
import type { Suite } from "../support/servers.ts";

const PROGRAM = "test/programs/catch-up.ts";

export const catchUp: Suite = (server) => {
  it.each([
    ["6000 revisions", ["--revisions", "6000"]],
    ["2000 revisions in answers of over 4 MiB", ["--revisions", "2000", "--big"]],
  ])(
    "[24] %s arrive once each and in order although the connection is cut ten times on the way",
    async (_, parameters) => {
      const { exitCode, stdout, stderr } = await runProgram(PROGRAM, ["--endpoint", server.endpoint, "--cuts", "10", ...parameters], {
        timeoutMs: 60_000,
      });
      expect(stdout).toContain("lost 0, doubled 0, out of order 0");
      expect(stdout).toContain("cuts: 10 ");
      expect([exitCode, stderr]).toEqual([0, ""]);
    },
    70_000,
  );
};
