import { MockEtcdServer, type MockEtcdServerOptions } from "etcd-watch/mock-server";
import { freePort } from "../support/free-port.ts";
import type { ChaosTarget } from "./chaos-target.ts";
import type { Fault } from "./fault.ts";
import { rest } from "./rest.ts";

const PROGRESS_INTERVAL_MS = 300;
const TOKEN_TTL_SECONDS = 2;
/** A stream that wants a leader waits three seconds for one. */
const LEADERLESS_MS = 4_000;

/** The bundled server, with an empty store. */
export function startBundledTarget(seed: number): Promise<ChaosTarget> {
  return startTarget({ seed });
}

/** The same with a user and a password, and tokens that expire while the streams that were opened with them live on. */
export async function startBundledTargetWithAuth(seed: number): Promise<ChaosTarget> {
  const rootPassword = `secret ${seed}`;
  const target = await startTarget({ seed, auth: { rootPassword }, authTokenTtlSeconds: TOKEN_TTL_SECONDS });
  return { ...target, name: `${target.name} with users`, auth: { username: "root", password: rootPassword } };
}

async function startTarget(options: MockEtcdServerOptions): Promise<ChaosTarget> {
  const server = await MockEtcdServer.start({ ...options, port: await freePort(), progressNotifyIntervalMs: PROGRESS_INTERVAL_MS });
  return {
    name: "the bundled server",
    endpoints: [server.endpoint],
    progressIsOrdered: true,
    faults: faultsOf(server),
    watchers: () => Promise.resolve(server.metrics.watchers),
    streams: () => Promise.resolve(server.metrics.streams),
    recover: () => Promise.resolve(), // each fault puts right what it has done
    stop: () => server.stop(),
  };
}

function faultsOf(server: MockEtcdServer): Fault[] {
  const { faults } = server;
  const hasConnections = (): boolean => server.metrics.connections > 0;
  const during = (name: string, weight: number, longestMs: number, begin: () => void, end: () => void): Fault => ({
    name,
    weight,
    async strike(dice, signal) {
      const isFelt = hasConnections();
      begin();
      await rest(dice.below(longestMs), signal);
      end();
      return isFelt;
    },
  });
  return [
    during(
      "server paused",
      3,
      1_800,
      () => {
        faults.pause();
      },
      () => {
        faults.resume();
      },
    ),
    during(
      "server refuses",
      2,
      900,
      () => {
        faults.refuseConnections();
        faults.dropConnections();
      },
      () => {
        faults.acceptConnections();
      },
    ),
    during(
      "no leader",
      2,
      LEADERLESS_MS,
      () => {
        faults.loseLeader();
      },
      () => {
        faults.electLeader();
      },
    ),
    during(
      "every connection dropped",
      4,
      1,
      () => {
        faults.dropConnections();
      },
      () => undefined,
    ),
    {
      name: "GOAWAY",
      weight: 4,
      async strike(dice, signal) {
        const isFelt = hasConnections();
        const graceMs = dice.of([0, 50, 500]);
        faults.goAway({ graceMs });
        await rest(graceMs, signal);
        return isFelt;
      },
    },
    {
      name: "server restart",
      weight: 3,
      async strike(dice, signal) {
        await server.stop();
        await rest(dice.below(600), signal);
        await server.restart();
        return true;
      },
    },
    {
      name: "streams refused",
      weight: 3,
      strike: (dice) => {
        faults.failNext({
          method: "Watch",
          code: dice.of(["UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED"]),
          times: dice.between(1, 4),
        });
        faults.dropConnections();
        return Promise.resolve(true);
      },
    },
  ];
}
