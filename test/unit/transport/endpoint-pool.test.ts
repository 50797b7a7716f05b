import { describe, expect, it } from "vitest";
import { ConnectionStates } from "../../../src/transport/connection-states.ts";
import { EndpointList } from "../../../src/transport/endpoint-list.ts";
import { EndpointPool } from "../../../src/transport/endpoint-pool.ts";
import { type Endpoint, parseEndpoints } from "../../../src/transport/endpoints.ts";
import type { GrpcChannel } from "../../../src/transport/grpc-channel.ts";
import { type Deferred, deferred } from "../../../src/util/deferred.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { settle } from "../../support/watcher-harness.ts";

/** What a pool uses of a channel, of which the test decides whether it connects. */
class FakeChannel {
  readonly endpoint: Endpoint;
  /** Of the present try to connect. */
  outcome: Deferred<undefined> = deferred();
  isConnecting = false;
  timeoutMs: number | undefined;
  isReady = false;
  isOver = false;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  async connect({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    this.timeoutMs = timeoutMs;
    this.outcome = deferred();
    this.isConnecting = true;
    try {
      await this.outcome.promise;
      this.isReady = true;
    } finally {
      this.isConnecting = false;
    }
  }

  onLost(): void {
    // never
  }

  close(): void {
    this.isOver = true;
  }

  abandon(): void {
    this.isOver = true;
  }
}

function stage(endpoints: readonly string[]) {
  const clock = new FakeClock();
  const channels: FakeChannel[] = [];
  const warnings: string[] = [];
  const list = new EndpointList(parseEndpoints(endpoints));
  const silent = (): void => undefined;
  const pool = new EndpointPool({
    user: "watches",
    endpoints: list,
    createChannel: (endpoint) => {
      const channel = new FakeChannel(endpoint);
      channels.push(channel);
      return channel as unknown as GrpcChannel;
    },
    states: new ConnectionStates(endpoints[0] ?? ""),
    connectTimeoutMs: 5_000,
    backoff: { baseMs: 100, maxMs: 100, random: () => 1 },
    clock,
    logger: {
      debug: silent,
      info: silent,
      error: silent,
      warn: (message) => {
        warnings.push(message);
      },
    },
  });
  const trying = (): FakeChannel | undefined => channels.findLast(({ isConnecting }) => isConnecting);
  const fail = async (): Promise<void> => {
    trying()?.outcome.reject(new Error("refused"));
    await settle();
    clock.advance(1_000);
    await settle();
  };
  const connect = async (): Promise<void> => {
    trying()?.outcome.resolve(undefined);
    await settle();
  };
  const names = (): string[] => channels.map(({ endpoint }) => endpoint.name);
  return { clock, channels, warnings, list, pool, fail, connect, names };
}

const never = new AbortController().signal;

describe("EndpointPool", () => {
  it("has one search for all who wait, and one connection", async () => {
    const { pool, connect, names } = stage(["one:1", "two:2"]);
    const all = Promise.all([pool.acquire(never), pool.acquire(never)]);
    await connect();
    const [first, second] = await all;
    expect(first).toBe(second);
    expect(await pool.acquire(never)).toBe(first);
    expect(names()).toEqual(["one:1"]);
  });

  it("warns once each time that all endpoints have failed, not once in its life", async () => {
    const { pool, channels, warnings, list, fail, connect } = stage(["one:1", "two:2"]);
    for (const count of [1, 2]) {
      const found = pool.acquire(never);
      for (let index = 0; index < 4; index++) await fail();
      expect(warnings).toHaveLength(count);
      await connect();
      await found;
      for (const channel of channels) channel.isReady = false;
      list.moveOn(list.current);
    }
  });

  it("stops at the endpoint that it is at when nobody waits any more, at once, and whoever comes next begins with the next one", async () => {
    const { pool, clock, channels, names } = stage(["one:1", "two:2"]);
    const giveUp = new AbortController();
    const given = pool.acquire(giveUp.signal);
    given.catch(() => undefined);
    giveUp.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    channels[0]?.outcome.reject(new Error("refused"));
    await settle();
    expect(clock.pendingTimers).toBe(0);
    void pool.acquire(never);
    await settle();
    expect(names()).toEqual(["one:1", "two:2"]);
  });

  it("keeps its connections to endpoints that stay on a new list, and closes the others", async () => {
    const { pool, channels, list, connect } = stage(["one:1", "two:2"]);
    const first = pool.acquire(never);
    await connect();
    const kept = await first;
    list.replace(parseEndpoints(["three:3", "one:1"]));
    pool.endpointsChanged();
    expect(channels[0]?.isOver).toBe(false);
    expect(await pool.acquireEndpoint(kept.endpoint, never)).toBe(kept);
    list.replace(parseEndpoints(["three:3"]));
    pool.endpointsChanged();
    expect(channels[0]?.isOver).toBe(true);
  });

  it("gives each endpoint its share of the time that there is, a second at the least and the time to connect at the most", async () => {
    for (const [withinMs, timeoutMs] of [
      [undefined, 5_000],
      [4_000, 1_800],
      [100, 1_000],
    ] as const) {
      const { pool, channels } = stage(["one:1", "two:2"]);
      void pool.acquire(never, withinMs);
      await settle();
      expect(channels[0]?.timeoutMs).toBe(timeoutMs);
    }
  });

  it("closes what it has with close(), and takes no more", async () => {
    const { pool, channels } = stage(["one:1"]);
    const waiting = pool.acquire(never);
    waiting.catch(() => undefined);
    await settle();
    pool.close();
    channels[0]?.outcome.resolve(undefined); // connected in the same moment
    await expect(waiting).rejects.toThrow("The client");
    expect(channels[0]?.isOver).toBe(true);
    await expect(pool.acquire(never)).rejects.toThrow("The client");
  });

  it("blames no endpoint for a try that close() has ended", async () => {
    const { pool, channels, warnings, list } = stage(["one:1", "two:2"]);
    const waiting = pool.acquire(never);
    waiting.catch(() => undefined);
    await settle();
    pool.close();
    channels[0]?.outcome.reject(new Error("closed"));
    await expect(waiting).rejects.toThrow("The client");
    expect([list.current.name, pool.allFailed, warnings]).toEqual(["one:1", false, []]);
  });
});
