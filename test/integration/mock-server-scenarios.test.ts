import { afterAll, beforeAll, describe } from "vitest";
import { MockEtcdServer } from "etcd-watch/mock-server";
import type { Compatibility } from "etcd-watch/mock-server";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import type { EtcdBinary } from "../support/etcd-binary.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { RawEtcd } from "../unit/mock-server/support/raw-etcd.ts";
import { authentication } from "../unit/mock-server/scenarios/authentication.ts";
import { createAndIds } from "../unit/mock-server/scenarios/create-and-ids.ts";
import { events } from "../unit/mock-server/scenarios/events.ts";
import { keysAndLeases } from "../unit/mock-server/scenarios/keys-and-leases.ts";
import type { ScenarioServer, ScenarioSuite } from "../unit/mock-server/scenarios/scenario.ts";
import { startRevisions } from "../unit/mock-server/scenarios/start-revisions.ts";
import { streams } from "../unit/mock-server/scenarios/streams.ts";

const PROGRESS_INTERVAL_MS = 200;
const suites: readonly ScenarioSuite[] = [createAndIds, startRevisions, events, streams, keysAndLeases, authentication];

interface Started {
  readonly endpoint: string;
  stop(): Promise<void>;
}

function runOn(name: string, generation: ScenarioServer["generation"], start: () => Promise<Started>): void {
  describe(name, () => {
    let server: Started | undefined;
    let scenarioServer: ScenarioServer | undefined;
    beforeAll(async () => {
      server = await start();
      scenarioServer = { etcd: new RawEtcd(server.endpoint), endpoint: server.endpoint, generation };
    }, 60_000);
    afterAll(async () => {
      scenarioServer?.etcd.close();
      await server?.stop();
    }, 60_000);
    for (const suite of suites) {
      suite(() => {
        if (scenarioServer === undefined) throw new Error("The server runs only while a scenario does");
        return scenarioServer;
      }, generation);
    }
  });
}

function bundled(compatibility: Compatibility): Promise<Started> {
  return MockEtcdServer.start({ compatibility, progressNotifyIntervalMs: PROGRESS_INTERVAL_MS });
}

/** From 3.4.45, 3.5.30 and 3.6.6 on a server behaves as the current ones do; 3.4.23 does not. Nothing between is expected here. */
function generationOf({ version }: EtcdBinary): ScenarioServer["generation"] {
  return version === "3.4.23" ? "old" : "current";
}

runOn("the bundled server", "current", () => bundled("latest"));
runOn("the bundled server as 3.4.23", "old", () => bundled("3.4.23"));
for (const binary of findEtcdBinaries()) {
  const flag = `--experimental-watch-progress-notify-interval=${PROGRESS_INTERVAL_MS}ms`;
  runOn(`etcd ${binary.version}`, generationOf(binary), () => RealEtcd.start(binary, { flags: [flag] }));
}
