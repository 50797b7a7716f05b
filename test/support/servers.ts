import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterAll, beforeAll } from "vitest";
import { findEtcdBinaries, type EtcdBinary } from "./etcd-binary.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { RealEtcd } from "./real-etcd.ts";

/** A server that a suite runs on, while it runs. */
export interface RunningServer {
  /** host:port, the same after a restart. */
  readonly endpoint: string;
  /** Watches that the server serves now. */
  watchers(): Promise<number>;
  /** Watch streams that the server serves now. */
  streams(): Promise<number>;
  /** Ends it without a word to its clients. Its data stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill()`, on the same port and data. */
  restart(): Promise<void>;
  /** Ends it as an operator does: clients are told to go, and then it is gone. Its data stays. */
  shutDown(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** What a suite wants of its server beyond the defaults. */
export interface ServerNeeds {
  /** How often a quiet watch with `progressNotify` is told. Servers' default: ten minutes. */
  readonly progressNotifyIntervalMs?: number;
  /** How long a token lives without being used. Servers' default: 300. */
  readonly authTokenTtlSeconds?: number;
}

/** A kind of server. */
export interface ServerKind {
  /** As it stands in the name of the tests, from where the reporter counts: "the bundled server", "etcd 3.4.23". */
  readonly name: string;
  start(needs?: ServerNeeds): Promise<RunningServer>;
}

/** After being told to go, a client that goes on is cut off. */
const GRACE_MS = 100;

export const bundledServer: ServerKind = {
  name: "the bundled server",
  async start(needs = {}) {
    const server = await MockEtcdServer.start({ port: await freePort(), ...needs });
    return {
      endpoint: server.endpoint,
      watchers: () => Promise.resolve(server.metrics.watchers),
      streams: () => Promise.resolve(server.metrics.streams),
      kill: () => server.stop(),
      restart: () => server.restart(),
      async shutDown() {
        server.faults.refuseConnections(); // or whoever was told to go is back before the others have gone
        server.faults.goAway({ graceMs: GRACE_MS });
        await eventually(() => server.metrics.connections === 0);
        server.faults.acceptConnections();
        await server.stop();
      },
      stop: () => server.stop(),
    };
  },
};

function realServer(binary: EtcdBinary): ServerKind {
  return {
    name: `etcd ${binary.version}`,
    async start(needs = {}) {
      const server = await RealEtcd.start(binary, { flags: flagsFor(needs) });
      return {
        endpoint: server.endpoint,
        watchers: () => server.gauge("etcd_debugging_mvcc_watcher_total"),
        streams: () => server.gauge("etcd_debugging_mvcc_watch_stream_total"),
        kill: () => server.kill("SIGKILL"),
        restart: () => server.restart(),
        shutDown: () => server.kill("SIGTERM"),
        stop: () => server.stop(),
      };
    },
  };
}

function flagsFor({ progressNotifyIntervalMs, authTokenTtlSeconds }: ServerNeeds): string[] {
  return [
    ...(progressNotifyIntervalMs === undefined
      ? []
      : ["--experimental-watch-progress-notify-interval", `${String(progressNotifyIntervalMs)}ms`]),
    ...(authTokenTtlSeconds === undefined ? [] : ["--auth-token-ttl", String(authTokenTtlSeconds), "--bcrypt-cost", "4"]),
  ];
}

/** Every real etcd on this machine. */
export const realServers: readonly ServerKind[] = findEtcdBinaries().map(realServer);

/** The tests of one topic, made for one server. */
export type Suite = (server: ServerUnderTest) => void;

/** The server of the running test. */
export class ServerUnderTest {
  #running: RunningServer | undefined;

  get current(): RunningServer {
    if (this.#running === undefined) throw new Error("the server runs only while a test does");
    return this.#running;
  }

  get endpoint(): string {
    return this.current.endpoint;
  }

  async start(kind: ServerKind, needs?: ServerNeeds): Promise<void> {
    this.#running = await kind.start(needs);
  }

  /** Stops it, once nothing is left on it of the watches that the tests opened. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    try {
      await eventually(async () => (await running.watchers()) === 0, { describe: () => "watches are left on the server" });
      await eventually(async () => (await running.streams()) === 0, { describe: () => "watch streams are left on the server" });
    } finally {
      await running.stop();
    }
  }
}

/** Gives the tests of the surrounding `describe` one server of that kind, which they share. */
export function useServer(kind: ServerKind, needs?: ServerNeeds): ServerUnderTest {
  const server = new ServerUnderTest();
  beforeAll(() => server.start(kind, needs), 60_000);
  afterAll(() => server.stop(), 60_000);
  return server;
}
