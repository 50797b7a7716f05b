import type { MaintenanceDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

/** The file of an etcd that is new, and what it grows by. */
const EMPTY_DATABASE_BYTES = 20_480;
const PAGE_BYTES = 4_096;

export function maintenanceService({ store, identity, behaviour, authorizer }: ServerState): Handlers<typeof MaintenanceDefinition> {
  /** There is no file behind this store. What clients are told follows the data, as if the file were defragmented all the time. */
  const databaseBytes = (): bigint => BigInt(EMPTY_DATABASE_BYTES + Math.ceil(store.mvcc.sizeBytes / PAGE_BYTES) * PAGE_BYTES);
  // Hash and HashKV are those of a file, Snapshot is the file, and there is nobody to move the leader to: UNIMPLEMENTED.
  return {
    // There are none: this server has no quota to exceed and no file to be corrupt. etcdctl asks for them to tell whether it is healthy.
    alarm: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.user(metadata);
      return { header: identity.header(store.mvcc.revision), alarms: [] };
    },
    defragment: (_request, { metadata }) => {
      authorizer.admin(metadata);
      return { header: undefined }; // etcd fills in none
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
