import type { WatchOptions } from "etcd-watch";
import type { Change } from "./ledger.ts";
import type { Lane } from "./style.ts";

/** What one watch of the demo asks for, and so what it has to be given. */
export interface WatchPlan {
  readonly name: string;
  readonly lane: Lane;
  readonly key: string;
  readonly options: WatchOptions;
  /** Whether a change is for this watch. */
  readonly wants: (change: Change) => boolean;
}

/** The metadata and `requireLeader` of a watch are its context value: watches share a gRPC stream if they are equal, and only then. */
const lanes: Readonly<Record<Lane, WatchOptions>> = {
  A: {},
  B: { requireLeader: false, metadata: { "demo-lane": "b" } },
};

/** A prefix, a range, single keys and a filter, three watches on each lane. */
export function watchPlans(prefix: string, startRevision: bigint): WatchPlan[] {
  const key = (lane: Lane, fruit: string): WatchPlan => ({
    name: fruit,
    lane,
    key: prefix + fruit,
    options: { ...lanes[lane], startRevision },
    wants: (change) => change.key === prefix + fruit,
  });
  return [
    everything("A", prefix, startRevision),
    key("A", "apple"),
    key("A", "grape"),
    {
      name: "banana to grape",
      lane: "B",
      key: `${prefix}banana`,
      options: { ...lanes.B, startRevision, rangeEnd: `${prefix}grape` },
      wants: (change) => change.key >= `${prefix}banana` && change.key < `${prefix}grape`,
    },
    key("B", "mango"),
    {
      name: "* deletes only",
      lane: "B",
      key: prefix,
      options: { ...lanes.B, startRevision, prefix: true, filters: ["noput"] },
      wants: ({ type }) => type === "delete",
    },
  ];
}

/** Every change below the prefix, from a revision on. */
export function everything(lane: Lane, prefix: string, startRevision: bigint, name = "* every fruit"): WatchPlan {
  const options = { ...lanes[lane], startRevision, prefix: true };
  return { name, lane, key: prefix, options, wants: ({ revision }) => revision >= startRevision };
}
