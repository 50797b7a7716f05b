import type { ClusterDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

/** A cluster of one. Its membership does not change. */
export function clusterService({ identity, name, clientUrl, authorizer, behaviour }: ServerState): Handlers<typeof ClusterDefinition> {
  return {
    memberList: (_request, { metadata }) => {
      if (behaviour.guardsAdminCalls) authorizer.user(metadata);
      return {
        header: identity.header(0n), // the Cluster service says no revision
        members: [{ ID: identity.memberId, name, peerURLs: [clientUrl()], clientURLs: [clientUrl()], isLearner: false }],
      };
    },
  };
}
