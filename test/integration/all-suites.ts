import { describe } from "vitest";
import { type ServerKind, type ServerNeeds, type Suite, useServer } from "../support/servers.ts";
import { authAdmin } from "./auth-admin.suite.ts";
import { auth, authNeeds } from "./auth.suite.ts";
import { cache } from "./cache.suite.ts";
import { cancelling } from "./cancelling.suite.ts";
import { catchUp } from "./catch-up.suite.ts";
import { compaction } from "./compaction.suite.ts";
import { coordinationChaos } from "./coordination-chaos.suite.ts";
import { coordinationInterference } from "./coordination-interference.suite.ts";
import { coordination } from "./coordination.suite.ts";
import { createdAndProgress } from "./created-and-progress.suite.ts";
import { endpoints } from "./endpoints.suite.ts";
import { events } from "./events.suite.ts";
import { keysAndRanges } from "./keys-and-ranges.suite.ts";
import { largeAnswers } from "./large-answers.suite.ts";
import { largeMirror } from "./large-mirror.suite.ts";
import { leases } from "./lease.suite.ts";
import { namespaces } from "./namespace.suite.ts";
import { overlapping } from "./overlapping.suite.ts";
import { processExit } from "./process-exit.suite.ts";
import { progress, progressNeeds } from "./progress.suite.ts";
import { reconnect } from "./reconnect.suite.ts";
import { serverResources } from "./server-resources.suite.ts";
import { slowReaders } from "./slow-readers.suite.ts";
import { startRevision } from "./start-revision.suite.ts";

/** By topic. Each has a server of its own, so that what one compacts or kills is not missed by another. */
const suites: Readonly<Record<string, Suite>> = {
  "keys and ranges": keysAndRanges,
  "start revision": startRevision,
  events,
  "created and progress": createdAndProgress,
  progress,
  compaction,
  cancelling,
  "resources of the server": serverResources,
  reconnect,
  endpoints,
  "coming and going": overlapping,
  "large answers": largeAnswers,
  "slow readers": slowReaders,
  leases,
  "members, users and roles": authAdmin,
  "users who watch": auth,
  "end of the process": processExit,
  "catch-up": catchUp,
  "list and watch": cache,
  "a mirror of many keys": largeMirror,
  namespaces,
  "elections and shards": coordination,
  "elections that are interfered with": coordinationInterference,
  "processes in elections and shards": coordinationChaos,
};

/** For topics whose server is not one with the defaults. */
const needs: Readonly<Record<string, ServerNeeds>> = { progress: progressNeeds, "users who watch": authNeeds };

/** Every suite on that server. The reporter counts by the name of the outer `describe`. */
export function runAllSuites(kind: ServerKind): void {
  describe(`on ${kind.name}`, () => {
    for (const [topic, suite] of Object.entries(suites)) {
      describe(topic, () => {
        suite(useServer(kind, needs[topic]));
      });
    }
  });
}
