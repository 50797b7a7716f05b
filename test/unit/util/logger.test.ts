import { describe, expect, it } from "vitest";
import { guardedLogger } from "../../../src/util/logger.ts";

describe("guardedLogger()", () => {
  it("passes on what it is told, and lets no exception of the user's logger out", () => {
    const said: unknown[] = [];
    const fail = (): never => {
      throw new Error("disk full");
    };
    const logger = guardedLogger({ debug: fail, info: fail, error: fail, warn: (message, fields) => void said.push(message, fields) });
    logger.warn("careful", { revision: 1n });
    for (const level of ["debug", "info", "error"] as const)
      expect(() => {
        logger[level]("x");
      }).not.toThrow();
    expect(said).toEqual(["careful", { revision: 1n }]);
  });
});
