import type { Dice } from "../fuzz/dice.ts";
import type { EtcdBinary } from "../support/etcd-binary.ts";
import { EtcdCluster, type ClusterMember } from "../support/etcd-cluster.ts";
import type { ChaosTarget } from "./chaos-target.ts";
import { traitsOf } from "./etcd-target.ts";
import type { Fault } from "./fault.ts";
import { rest } from "./rest.ts";

/** Real etcd of three members, with an empty store. */
export async function startClusterTarget(binary: EtcdBinary): Promise<ChaosTarget> {
  const { flags, progressIsOrdered } = traitsOf(binary);
  const cluster = await EtcdCluster.start(binary, { flags });
  const sum = async (gauge: string): Promise<number> => {
    const counts = await Promise.all(cluster.members.map((member) => member.gauge(gauge)));
    return counts.reduce((total, count) => total + count, 0);
  };
  return {
    name: `three members of etcd ${binary.version}`,
    endpoints: cluster.endpoints,
    progressIsOrdered,
    faults: faultsOf(cluster),
    watchers: () => sum("etcd_debugging_mvcc_watcher_total"),
    streams: () => sum("etcd_debugging_mvcc_watch_stream_total"),
    recover: () => cluster.recover(),
    stop: () => cluster.stop(),
  };
}

function faultsOf(cluster: EtcdCluster): Fault[] {
  /** The leader, half of the time. There may be none. */
  const oneOf = async (dice: Dice): Promise<ClusterMember> => {
    const member = dice.of(cluster.members);
    return dice.chance(50) ? await cluster.leader().catch(() => member) : member;
  };
  return [
    {
      name: "member kill -9 and restart",
      weight: 5,
      async strike(dice, signal) {
        const member = await oneOf(dice);
        await member.kill();
        await rest(dice.below(1_500), signal);
        await member.restart();
        return true;
      },
    },
    {
      name: "member SIGSTOP and SIGCONT",
      weight: 4,
      async strike(dice, signal) {
        const member = await oneOf(dice);
        await member.kill("SIGSTOP");
        await rest(dice.between(200, 3_000), signal);
        await member.kill("SIGCONT");
        return true;
      },
    },
    {
      name: "member cut off from its peers",
      weight: 4,
      async strike(dice, signal) {
        const member = await oneOf(dice);
        member.isolate();
        await rest(dice.between(200, 5_000), signal);
        cluster.heal();
        return true;
      },
    },
    {
      name: "quorum lost, and back",
      weight: 2,
      async strike(dice, signal) {
        const spared = dice.of(cluster.members);
        const killed = cluster.members.filter((member) => member !== spared);
        await Promise.all(killed.map((member) => member.kill()));
        await rest(dice.below(4_000), signal);
        for (const member of killed) await member.restart({ waitUntilHealthy: false });
        await Promise.all(killed.map((member) => member.healthy()));
        return true;
      },
    },
  ];
}
