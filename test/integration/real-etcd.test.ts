import { expect, it } from "vitest";
import { realServers } from "../support/servers.ts";
import { runAllSuites } from "./all-suites.ts";

it("finds a real etcd where CI is set", () => {
  if (process.env["CI"] !== undefined) expect(realServers.map(({ name }) => name)).not.toEqual([]);
  expect(new Set(realServers.map(({ name }) => name)).size).toBe(realServers.length); // two of one version could not be told apart
});

for (const kind of realServers) runAllSuites(kind);
