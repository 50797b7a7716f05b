import { describe, expect, it, onTestFinished } from "vitest";
import { ClientMetrics } from "../../../src/client/client-metrics.ts";
import { recordChannel } from "../../support/diagnostics.ts";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness, type WatcherHarness } from "../../support/watcher-harness.ts";

function harness(): WatcherHarness {
  const made = watcherHarness({ endpoints: ["one:2379", "two:2379"] });
  onTestFinished(() => made.watcher.close());
  return made;
}

const large = (revision: bigint) => put("a", revision, { value: "x".repeat(300) });

describe("The channels of a watch and its stream", () => {
  it("tell of a life: created, parked, unparked, resumed after a break, ended", async () => {
    const [watches, streams] = [recordChannel("etcd-watch:watch"), recordChannel("etcd-watch:stream")];
    const { watcher, transport, clock, host } = harness();
    const watch = watcher.watch("a", { startRevision: 1n, buffer: { maxBytes: 100 } });
    const reader = watch[Symbol.asyncIterator]();
    await settle();
    const [first] = transport.connections;
    first?.send({ created: true, watchId: 0n, revision: 1n });
    first?.send({ watchId: 0n, revision: 2n, events: [large(2n)] });
    await settle();
    expect(new ClientMetrics(host, 1)).toMatchObject({ streams: 1, watches: { parked: 1 }, parkings: 1, bufferedResponses: 1, cancels: 1 });
    await reader.next();
    await settle();
    first?.send({ created: true, watchId: 1n, revision: 2n });
    first?.end("UNAVAILABLE", "gone");
    await settle();
    expect(new ClientMetrics(host, 0)).toMatchObject({ streams: 0, watches: { resuming: 1, watching: 0, parked: 0 } });
    clock.advance(10);
    await settle();
    const [, second] = transport.connections;
    second?.send({ created: true, watchId: 0n, revision: 2n });
    second?.send({ watchId: 0n, revision: 2n, canceled: true, compactRevision: 9n });
    await expect(reader.next()).rejects.toThrow("COMPACTED");

    const watchNumber = watches[0]?.watchNumber;
    expect(watches).toEqual(
      [
        { type: "created", endpoint: "one:2379" },
        { type: "parked", endpoint: "one:2379", bufferedBytes: expect.any(Number) as number, limitBytes: 100 },
        { type: "unparked", endpoint: "one:2379" },
        { type: "resumed", endpoint: "one:2379" },
        { type: "resumed", endpoint: "two:2379" },
        { type: "ended", endpoint: "two:2379", cause: "compacted", error: expect.objectContaining({ code: "COMPACTED" }) as Error },
      ].map((happening) => ({ clientId: 7, watchNumber, key: "a", ...happening })),
    );
    const streamNumber = streams[0]?.streamNumber;
    expect(streams).toEqual(
      [
        { type: "opened", endpoint: "one:2379" },
        {
          type: "broke",
          endpoint: "one:2379",
          cause: "UNAVAILABLE",
          error: expect.objectContaining({ code: "UNAVAILABLE" }) as Error,
          delayMs: 0,
          watches: 1,
        },
        { type: "opened", endpoint: "two:2379" },
        { type: "closed" },
      ].map((happening) => ({ clientId: 7, streamNumber, ...happening })),
    );
    expect(new ClientMetrics(host, 1)).toMatchObject({
      clientId: 7,
      connections: 1,
      streams: 0,
      watches: { resuming: 0, watching: 0, parked: 0 },
      creates: 3,
      responses: 5,
      events: 1,
      parkings: 1,
      bufferedBytes: 0,
      ended: { compacted: 1, quiet: 0 },
      reconnects: { UNAVAILABLE: 1 },
    });
  });

  it("tell that a stream has ended for good before they tell of its watches", async () => {
    const [watches, streams] = [recordChannel("etcd-watch:watch"), recordChannel("etcd-watch:stream")];
    const { watcher, transport, host, log } = harness();
    const watch = watcher.watch("a");
    const ended = expect(watch[Symbol.asyncIterator]().next()).rejects.toThrow("UNIMPLEMENTED");
    await settle();
    transport.connections[0]?.end("UNIMPLEMENTED", "unknown service");
    await ended;
    expect(streams.map(({ type }) => type)).toEqual(["opened", "broke", "closed"]);
    expect(streams[1]).toMatchObject({ cause: "UNIMPLEMENTED", delayMs: undefined, watches: 1 });
    expect(watches).toMatchObject([{ type: "ended", cause: "failed", error: { code: "UNIMPLEMENTED" } }]);
    expect(new ClientMetrics(host, 0)).toMatchObject({ ended: { failed: 1 }, reconnects: {} });
    expect(log).toEqual(["error: A watch stream has ended for good"]);
  });

  it("take a subscriber that closes everything in the middle of it", async () => {
    const { watcher, transport, clock } = harness();
    const { subscribe, unsubscribe } = await import("node:diagnostics_channel");
    const types: string[] = [];
    const listen = (message: unknown): void => {
      const { type } = message as { type: string };
      types.push(type);
      if (type === "broke") void watcher.close();
    };
    subscribe("etcd-watch:stream", listen);
    onTestFinished(() => {
      unsubscribe("etcd-watch:stream", listen);
    });
    const watch = watcher.watch("a");
    const next = watch[Symbol.asyncIterator]().next();
    await settle();
    transport.connections[0]?.end("UNAVAILABLE", "gone");
    await expect(next).resolves.toEqual({ done: true, value: undefined });
    clock.advance(10_000);
    await settle();
    expect(types).toEqual(["opened", "broke", "closed"]);
    expect(transport.duplexCalls).toBe(1);
  });

  it("tell of a quiet end, and of a watch that begins too late", async () => {
    const watches = recordChannel("etcd-watch:watch");
    const { watcher, host } = harness();
    watcher.watch("a").cancel();
    await watcher.close();
    watcher.watch("b").cancel();
    expect(watches).toMatchObject([
      { type: "ended", key: "a", cause: "quiet", error: undefined },
      { type: "ended", key: "b", cause: "closed", error: { code: "CLOSED" } },
    ]);
    expect(new Set(watches.map(({ watchNumber }) => watchNumber)).size).toBe(2);
    expect(host.counters.ended).toMatchObject({ quiet: 1, closed: 1 });
  });
});

describe("ClientMetrics", () => {
  it("has the greatest lag, when things last came, and a form that JSON takes", async () => {
    const { watcher, transport, clock, host } = harness();
    expect(new ClientMetrics(host, 0)).toMatchObject({ greatestLag: 0n, lastResponseAtMs: undefined, lastProgressAtMs: undefined });
    const watch = watcher.watch("a", { startRevision: 1n });
    await settle();
    const [connection] = transport.connections;
    connection?.send({ created: true, watchId: 0n, revision: 1n });
    connection?.send({ watchId: 0n, revision: 40n, events: [put("a", 40n)] });
    await settle();
    clock.advance(2_500);
    connection?.send({ watchId: 0n, revision: 50n });
    const metrics = new ClientMetrics(host, 2);
    expect(metrics).toMatchObject({ responses: 3, events: 1, progressNotices: 1, greatestLag: watch.status.lag });
    expect(metrics.greatestLag).toBeGreaterThan(0n);
    expect(metrics.lastProgressAtMs).toBe(metrics.lastResponseAtMs);
    expect(metrics.lastResponseAtMs).toBe(watch.status.lastResponseAt?.getTime());
    const before = metrics.lastResponseAtMs ?? 0;
    await settle();
    clock.advance(500);
    connection?.send({ watchId: 0n, revision: 51n, events: [put("a", 51n)] });
    const later = new ClientMetrics(host, 2);
    expect(later.lastResponseAtMs).toBe(before + 500);
    expect(later.lastProgressAtMs).toBe(before);
    expect(JSON.parse(JSON.stringify(metrics))).toMatchObject({ clientId: 7, connections: 2, greatestLag: Number(metrics.greatestLag) });
  });
});
