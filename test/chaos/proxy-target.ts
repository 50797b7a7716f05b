import type { EtcdBinary } from "../support/etcd-binary.ts";
import { GrpcProxy } from "../support/grpc-proxy.ts";
import type { ChaosTarget } from "./chaos-target.ts";
import { startEtcdTarget } from "./etcd-target.ts";
import { rest } from "./rest.ts";

/**
 * The proxy of 3.4 takes pings that come less than five minutes apart for too many (grpc-go's default; it has no flag for it), and closes the
 * connection at the fourth, unless it has sent something itself between two. At this pace that takes 32 s without an event, longer than a
 * round waits for anything. A half-open link is found within 9 s, which leaves two thirds of the time in which a watch must have caught up.
 */
const KEEP_ALIVE_INTERVAL_MS = 8_000;

/**
 * Real etcd with its own grpc-proxy before it, through which all watches go. The proxy gives ids of its own, makes one watch of equal
 * ones, and answers no progress request. It may be killed, and so may the etcd behind it.
 */
export async function startProxyTarget(binary: EtcdBinary): Promise<ChaosTarget> {
  const etcd = await startEtcdTarget(binary);
  const [direct = ""] = etcd.endpoints;
  const proxy = await GrpcProxy.start(binary, direct);
  return {
    ...etcd,
    watchers: undefined, // the proxy keeps one for what it has served, and its stream
    streams: undefined,
    name: `${etcd.name} behind its grpc-proxy`,
    proxied: [proxy.endpoint],
    patience: { keepAliveIntervalMs: KEEP_ALIVE_INTERVAL_MS },
    progressIsOrdered: false,
    ownRefusals: ["UNKNOWN"], // of the read that comes first: "context deadline exceeded" and the like, without a status, while etcd is down
    faults: [
      ...etcd.faults,
      {
        name: "proxy killed and restarted",
        weight: 4,
        async strike(dice, signal) {
          await proxy.stop();
          await rest(dice.below(600), signal);
          await proxy.restart();
          return true;
        },
      },
    ],
    async stop() {
      await proxy.stop();
      await etcd.stop();
    },
  };
}
