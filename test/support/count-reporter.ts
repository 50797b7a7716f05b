import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { findEtcdBinaries } from "./etcd-binary.ts";

/** How the outermost `describe` names the server that its tests run on; "the bundled server as 3.4.23" is the bundled server too. */
const SERVER_NAME = /^(?:on )?(the bundled server|etcd \d\S*)/;

function serverOf(test: TestCase): string | undefined {
  let outermost: TestCase | TestSuite = test;
  while (outermost.parent.type === "suite") outermost = outermost.parent;
  return outermost.type === "suite" ? SERVER_NAME.exec(outermost.name)?.[1] : undefined;
}

/** Failures that belong to no test: a file that cannot be loaded, a hook that throws. */
function failuresOutsideTests(module: TestModule): number {
  const suites = [...module.children.allSuites()];
  return [module, ...suites].reduce((count, part) => count + part.errors().length, 0);
}

/** Says at the very end how many tests ran on which server, and how many passed and failed. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const byServer = new Map<string, number>();
    for (const module of modules) {
      counts.failed += failuresOutsideTests(module);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending")
          counts.failed++; // the run was broken off before it
        else counts[state]++;
        const server = serverOf(test);
        if (server !== undefined && state !== "skipped") byServer.set(server, (byServer.get(server) ?? 0) + 1);
      }
    }
    const servers = [...byServer].sort(([a], [b]) => Number(a.startsWith("etcd")) - Number(b.startsWith("etcd")) || a.localeCompare(b));
    if (servers.length > 0) console.log(`tests on ${servers.map(([server, count]) => `${server}: ${String(count)}`).join(", on ")}`);
    if (servers.length > 0 && findEtcdBinaries().length === 0)
      console.log("no real etcd was found (ETCD_BIN, or etcd on the PATH): its tests did not run");
    const skipped = counts.skipped === 0 ? "" : `, ${String(counts.skipped)} skipped`;
    console.log(`${String(counts.passed)} passed, ${String(counts.failed)} failed${skipped}`);
  }
}
