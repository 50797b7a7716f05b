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
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** A kind of server. */
export interface ServerKind {
  /** As it stands in the name of the tests, from where the reporter counts: "the bundled server", "etcd 3.4.23". */
  readonly name: string;
  start(): Promise<RunningServer>;
}

export const bundledServer: ServerKind = {
  name: "the bundled server",
  async start() {
    const server = await MockEtcdServer.start({ port: await freePort() });
    return {
      endpoint: server.endpoint,
      watchers: () => Promise.resolve(server.metrics.watchers),
      streams: () => Promise.resolve(server.metrics.streams),
      kill: () => server.stop(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

function realServer(binary: EtcdBinary): ServerKind {
  return {
    name: `etcd ${binary.version}`,
    async start() {
      const server = await RealEtcd.start(binary);
      return {
        endpoint: server.endpoint,
        watchers: () => server.gauge("etcd_debugging_mvcc_watcher_total"),
        streams: () => server.gauge("etcd_debugging_mvcc_watch_stream_total"),
        kill: () => server.kill("SIGKILL"),
        restart: () => server.restart(),
        stop: () => server.stop(),
      };
    },
  };
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

  async start(kind: ServerKind): Promise<void> {
    this.#running = await kind.start();
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
export function useServer(kind: ServerKind): ServerUnderTest {
  const server = new ServerUnderTest();
  beforeAll(() => server.start(kind), 60_000);
  afterAll(() => server.stop(), 60_000);
  return server;
}
