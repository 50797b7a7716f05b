import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MockEtcdServer } from "etcd-watch/mock-server";
import type { Compatibility } from "etcd-watch/mock-server";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { authentication } from "../unit/mock-server/scenarios/authentication.ts";
import { createAndIds } from "../unit/mock-server/scenarios/create-and-ids.ts";
import { events } from "../unit/mock-server/scenarios/events.ts";
import { keysAndLeases } from "../unit/mock-server/scenarios/keys-and-leases.ts";
import { progress } from "../unit/mock-server/scenarios/progress.ts";
import { PROGRESS_INTERVAL_MS } from "../unit/mock-server/scenarios/scenario.ts";
import type { FreshServer, ScenarioServer, ScenarioSuite } from "../unit/mock-server/scenarios/scenario.ts";
import { startRevisions } from "../unit/mock-server/scenarios/start-revisions.ts";
import { streams } from "../unit/mock-server/scenarios/streams.ts";
import { RawEtcd } from "../unit/mock-server/support/raw-etcd.ts";
import { traitsOf } from "../unit/mock-server/support/server-traits.ts";

const suites: readonly ScenarioSuite[] = [createAndIds, startRevisions, events, progress, streams, keysAndLeases, authentication];
const everyNumber = Array.from({ length: 120 }, (_, index) => index + 1);

interface Named {
  readonly name: string;
  readonly tasks?: readonly Named[];
}

/** The numbers that stand before the names of tests, as "34, 35: ...", here and in what is nested. */
function numbersIn(tasks: readonly Named[]): number[] {
  return tasks.flatMap(({ name, tasks: nested = [] }) => {
    const numbers = /^(\d+(?:, \d+)*): /.exec(name)?.[1]?.split(", ").map(Number) ?? [];
    return [...numbers, ...numbersIn(nested)];
  });
}

/** Runs every scenario as it is for a server of that version. */
function runOn(name: string, version: string, startFresh: () => Promise<FreshServer>): void {
  describe(name, () => {
    let server: FreshServer | undefined;
    let scenarioServer: ScenarioServer | undefined;
    beforeAll(async () => {
      server = await startFresh();
      scenarioServer = { etcd: new RawEtcd(server.endpoint), endpoint: server.endpoint, startFresh };
    }, 60_000);
    afterAll(async () => {
      scenarioServer?.etcd.close();
      await server?.stop();
    }, 60_000);
    for (const suite of suites) {
      suite(() => {
        if (scenarioServer === undefined) throw new Error("The server runs only while a scenario does");
        return scenarioServer;
      }, traitsOf(version));
    }
    it("is asked each of the 120 scenarios once", ({ task }) => {
      expect(numbersIn(task.suite?.tasks ?? []).sort((a, b) => a - b)).toEqual(everyNumber);
    });
  });
}

function bundled(compatibility: Compatibility): Promise<FreshServer> {
  return MockEtcdServer.start({ compatibility, progressNotifyIntervalMs: PROGRESS_INTERVAL_MS });
}

// "latest" is held against 3.5.30, the newest at hand, and in scenario 106 goes beyond it: it denies as 3.5.33 does.
runOn("the bundled server", "3.5.33", () => bundled("latest"));
runOn("the bundled server as 3.4.23", "3.4.23", () => bundled("3.4.23"));
const binaries = findEtcdBinaries();
mustBeFoundInCi("etcd for the scenarios", binaries);
for (const binary of binaries) {
  // Passwords need not be safe here, and to hash them well takes a busy machine seconds.
  const flags = [`--experimental-watch-progress-notify-interval=${PROGRESS_INTERVAL_MS}ms`, "--bcrypt-cost=4"];
  runOn(`etcd ${binary.version}`, binary.version, () => RealEtcd.start(binary, { flags }));
}
