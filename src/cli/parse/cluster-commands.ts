import type { CommandSpec } from "./command-spec.ts";
import type { Flag } from "./flag.ts";

const cluster: Flag = { name: "cluster", kind: "bool", defaultText: "false", help: "every member of the cluster, not only --endpoints" };
const shared = "connection and output";

export const clusterCommands: readonly CommandSpec[] = [
  {
    name: "member list",
    usage: "",
    summary: "Lists the cluster's members",
    description: "Of each: id, status, name, peer addresses, client addresses, whether it is a learner.",
    examples: [["member list -w table", ""]],
    flags: [],
    shared,
  },
  {
    name: "endpoint status",
    usage: "[options]",
    summary: "Tells how each endpoint is",
    description:
      "Of each: endpoint, member id, version, size of the database, whether it leads, whether it is a learner, raft term, raft index, raft applied index, errors.",
    examples: [["endpoint status --cluster -w table", "every member"]],
    flags: [cluster],
    shared,
  },
  {
    name: "endpoint health",
    usage: "[options]",
    summary: "Tells whether each endpoint can take part in a decision of the cluster",
    description: "Ends with 1 if any cannot. As etcdctl 3.4, it tells on standard error; with -w on standard output.",
    examples: [["endpoint health --endpoints a:2379,b:2379", ""]],
    flags: [cluster],
    shared,
  },
  {
    name: "status",
    usage: "[options]",
    summary: "The same as endpoint status",
    examples: [["status -w table", ""]],
    flags: [cluster],
    shared,
  },
];
