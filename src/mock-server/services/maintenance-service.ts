import type { MaintenanceDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

/** There is no file behind this store. Clients are told the size of an etcd's that is new, for theirs is never 0. */
const DATABASE_BYTES = 20_480n;

export function maintenanceService({ store, identity, behaviour, authorizer }: ServerState): Handlers<typeof MaintenanceDefinition> {
  return {
    // There are none: this server has no quota to exceed and no file to be corrupt. etcdctl asks for them to tell whether it is healthy.
    alarm: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.user(metadata);
      return { header: identity.header(store.mvcc.revision), alarms: [] };
    },
    status: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.admin(metadata);
      const { revision } = store.mvcc;
      const raftIndex = revision + identity.raftTerm; // grows with every write, as a client that compares members expects
      return {
        header: identity.header(revision),
        version: behaviour.version,
        dbSize: DATABASE_BYTES,
        dbSizeInUse: DATABASE_BYTES,
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
