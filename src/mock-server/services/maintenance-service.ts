import type { MaintenanceDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

export function maintenanceService({ store, identity, behaviour, authorizer }: ServerState): Handlers<typeof MaintenanceDefinition> {
  return {
    status: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.user(metadata);
      const { revision } = store.mvcc;
      const raftIndex = revision + identity.raftTerm; // grows with every write, as a client that compares members expects
      return {
        header: identity.header(revision),
        version: behaviour.version,
        dbSize: 0n,
        dbSizeInUse: 0n,
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
