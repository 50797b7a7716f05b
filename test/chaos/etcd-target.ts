import type { EtcdBinary } from "../support/etcd-binary.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import type { ChaosTarget } from "./chaos-target.ts";
import type { Fault } from "./fault.ts";
import { rest } from "./rest.ts";

/** A process that is killed loses nothing that the kernel has: to wait for the disk would only make for fewer events. */
const commonFlags = ["--grpc-keepalive-min-time=100ms", "--unsafe-no-fsync"];
const newerFlags = ["--experimental-watch-progress-notify-interval=300ms"];

/** By version: flags, and whether requested notices come after the events that they speak of (from 3.4.25 and 3.5.8 on). */
export function traitsOf({ version }: EtcdBinary): { readonly flags: readonly string[]; readonly progressIsOrdered: boolean } {
  const [, minor = 0, patch = 0] = version.split(".").map(Number);
  const isNewer = minor >= 5;
  const progressIsOrdered = minor > 5 || (minor === 5 && patch >= 8) || (minor === 4 && patch >= 25);
  return { flags: isNewer ? [...commonFlags, ...newerFlags] : commonFlags, progressIsOrdered };
}

/** Real etcd of one member, with an empty store. */
export async function startEtcdTarget(binary: EtcdBinary): Promise<ChaosTarget> {
  const { flags, progressIsOrdered } = traitsOf(binary);
  const etcd = await RealEtcd.start(binary, { flags });
  return {
    name: `etcd ${binary.version}`,
    endpoints: [etcd.endpoint],
    progressIsOrdered,
    faults: faultsOf(etcd),
    watchers: () => etcd.gauge("etcd_debugging_mvcc_watcher_total"),
    streams: () => etcd.gauge("etcd_debugging_mvcc_watch_stream_total"),
    recover: () => Promise.resolve(), // each fault puts right what it has done
    stop: () => etcd.stop(),
  };
}

function faultsOf(etcd: RealEtcd): Fault[] {
  const ended = (name: string, weight: number, by: "SIGKILL" | "SIGTERM"): Fault => ({
    name,
    weight,
    async strike(dice, signal) {
      await etcd.kill(by);
      await rest(dice.below(600), signal);
      await etcd.restart();
      return true;
    },
  });
  return [
    ended("kill -9 and restart", 4, "SIGKILL"),
    ended("SIGTERM and restart", 2, "SIGTERM"),
    {
      name: "SIGSTOP and SIGCONT",
      weight: 4,
      async strike(dice, signal) {
        await etcd.kill("SIGSTOP");
        await rest(dice.between(100, 2_500), signal);
        await etcd.kill("SIGCONT");
        return true;
      },
    },
  ];
}
