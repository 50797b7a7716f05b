import { AlarmRequest_AlarmAction } from "../../gen/rpc.ts";
import type { MaintenanceDefinition } from "../../gen/rpc.ts";
import { RefusedError } from "../refused-error.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

/** The file of an etcd that is new, and what it grows by. */
const EMPTY_DATABASE_BYTES = 20_480;
const PAGE_BYTES = 4_096;
const BAD_TRANSFEREE = { code: "FAILED_PRECONDITION", message: "etcdserver: bad leader transferee" } as const;

export function maintenanceService({ store, identity, behaviour, authorizer }: ServerState): Handlers<typeof MaintenanceDefinition> {
  /** There is no file behind this store. What clients are told follows the data, as if the file were defragmented all the time. */
  const databaseBytes = (): bigint => BigInt(EMPTY_DATABASE_BYTES + Math.ceil(store.mvcc.sizeBytes / PAGE_BYTES) * PAGE_BYTES);
  // Hash and HashKV are those of a file, and Snapshot is the file: UNIMPLEMENTED.
  return {
    // There are none: this server has no quota to exceed and no file to be corrupt. etcdctl asks for them to tell whether it is healthy.
    alarm: ({ action }, { metadata }) => {
      if (behaviour.guardsAdminCalls && action === AlarmRequest_AlarmAction.GET) authorizer.user(metadata);
      else if (behaviour.guardsAdminCalls) authorizer.admin(metadata);
      return { header: identity.header(store.mvcc.revision), alarms: [] };
    },
    defragment: (_request, { metadata }) => {
      inOwnWords(() => {
        authorizer.admin(metadata);
      });
      return { header: undefined }; // etcd fills in none
    },
    moveLeader: ({ targetID }, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.admin(metadata);
      if (targetID !== identity.memberId) throw new RefusedError(BAD_TRANSFEREE); // there is nobody else
      return { header: undefined };
    },
    status: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.admin(metadata);
      const { revision } = store.mvcc;
      const dbSize = databaseBytes();
      const raftIndex = revision + identity.raftTerm; // grows with every write, as a client that compares members expects
      return {
        header: identity.header(revision),
        version: behaviour.version,
        dbSize,
        dbSizeInUse: dbSize,
        leader: identity.memberId,
        raftIndex,
        raftAppliedIndex: raftIndex,
        raftTerm: identity.raftTerm,
        errors: [],
        isLearner: false,
        storageVersion: "",
        dbSizeQuota: 0n,
        downgradeInfo: undefined,
      };
    },
  };
}

/** For a call whose refusals etcd does not turn into gRPC's: they are UNKNOWN, in the words of its auth package (v3rpc/maintenance.go). */
function inOwnWords(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError({ code: "UNKNOWN", message: error.message.replace(/^etcdserver: /, "auth: ") });
  }
}
