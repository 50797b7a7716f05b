import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-code.ts";
import type { CommandName } from "../parse/command-spec.ts";
import { compactionCommand } from "./compaction.ts";
import { delCommand } from "./del.ts";
import { endpointHealthCommand } from "./endpoint-health.ts";
import { endpointStatusCommand } from "./endpoint-status.ts";
import { getCommand } from "./get.ts";
import { keepAliveCommand } from "./keep-alive.ts";
import { grantCommand, leasesCommand, revokeCommand, timeToLiveCommand } from "./lease.ts";
import { memberListCommand } from "./member-list.ts";
import { mirrorCommand } from "./mirror.ts";
import { mockServerCommand } from "./mock-server.ts";
import { putCommand } from "./put.ts";
import { topCommand } from "./top.ts";
import { txnCommand } from "./txn.ts";
import { versionCommand } from "./version.ts";
import { watchCommand } from "./watch.ts";

/** What each command does. */
export const commandFunctions: Readonly<Record<CommandName, (context: Context) => Promise<ExitCode>>> = {
  watch: watchCommand,
  get: getCommand,
  put: putCommand,
  del: delCommand,
  txn: txnCommand,
  compaction: compactionCommand,
  "lease grant": grantCommand,
  "lease revoke": revokeCommand,
  "lease timetolive": timeToLiveCommand,
  "lease list": leasesCommand,
  "lease keep-alive": keepAliveCommand,
  "member list": memberListCommand,
  "endpoint status": endpointStatusCommand,
  "endpoint health": endpointHealthCommand,
  status: endpointStatusCommand,
  "make-mirror": mirrorCommand,
  "mock-server": mockServerCommand,
  top: topCommand,
  version: versionCommand,
};
