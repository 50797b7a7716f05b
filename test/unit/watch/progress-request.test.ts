import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { WatchOptions } from "../../../src/watch/watch-options.ts";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

/** It looks for idle watches, and for a create that is not answered. */
const TIMERS_OF_A_CONNECTION = 2;

/** A from-now watch of a server at revision 3, whose store is at `store` by now. */
async function served({ store = 10n, version = "3.5.30", ...options }: WatchOptions & { store?: bigint; version?: string } = {}) {
  const harness = watcherHarness();
  const { transport, watcher, clock } = harness;
  transport.rangeRevision = { value: store };
  transport.version = { value: version };
  const channel = watcher.watch("k", options);
  await settle();
  const connection = transport.connections[0];
  if (connection === undefined) throw new Error("no stream was opened");
  connection.send({ created: true, watchId: 0n, revision: 3n });
  const passes = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { ...harness, channel, connection, passes };
}

describe("WatchChannel.requestProgress()", () => {
  it("resolves at once when the watch is past the store's revision, and asks for nothing", async () => {
    const { channel, connection, transport, watcher } = await served({ store: 5n });
    connection.send({ watchId: 0n, events: [put("k", 5n)] });
    expect(await channel.requestProgress()).toBe(5n);
    expect(connection.progressRequests).toBe(0);
    expect(transport.rangeRequests).toMatchObject([{ key: Buffer.from("k"), serializable: false, revision: 0n, limit: 1n }]);
    await watcher.close();
  });

  it("asks, and asks again while the server is silent, until a notice says so; the loop does not see it", async () => {
    const { channel, connection, passes, watcher, clock } = await served();
    const next = channel[Symbol.asyncIterator]().next();
    const progress = channel.requestProgress();
    await settle();
    expect(connection.progressRequests).toBe(1);
    await passes(25);
    expect(connection.progressRequests).toBe(2);
    await passes(50);
    expect(connection.progressRequests).toBe(3);
    connection.send({ watchId: -1n, revision: 9n });
    await passes(100);
    expect(connection.progressRequests).toBe(4);
    connection.send({ watchId: -1n, revision: 12n });
    expect(await progress).toBe(10n);
    expect(channel.resumeRevision).toBe(13n);
    await passes(60_000);
    expect(connection.progressRequests).toBe(4);
    expect(clock.pendingTimers).toBe(TIMERS_OF_A_CONNECTION);
    await watcher.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("resolves when an event proves it, and lets go of the signal", async () => {
    const { signal } = new AbortController();
    const { channel, connection, watcher, clock } = await served();
    const progress = channel.requestProgress({ signal });
    await settle();
    connection.send({ watchId: 0n, events: [put("k", 10n)] });
    expect(await progress).toBe(10n);
    await settle();
    expect(getEventListeners(signal, "abort").length).toBe(0);
    expect(clock.pendingTimers).toBe(TIMERS_OF_A_CONNECTION);
    await watcher.close();
  });

  it("asks for the version once a connection, also of an old server", async () => {
    const { channel, connection, transport, passes, watcher } = await served({ version: "3.5.7", progressNotify: true });
    const first = channel.requestProgress();
    await settle();
    for (let step = 0; step < 10; step++) await passes(500);
    expect(transport.statusRequests).toEqual(["one:2379"]);
    expect(connection.progressRequests).toBe(0);
    connection.send({ watchId: 0n, revision: 10n });
    expect(await first).toBe(10n);

    connection.end();
    await settle();
    await passes(0);
    transport.connections[1]?.send({ created: true, watchId: 0n, revision: 10n });
    transport.rangeRevision = { value: 20n };
    const second = channel.requestProgress();
    await settle();
    expect(transport.statusRequests).toEqual(["one:2379", "one:2379"]);
    transport.connections[1]?.send({ watchId: 0n, revision: 20n });
    expect(await second).toBe(20n);
    await watcher.close();
  });

  it("asks for the version once a connection, also when it is not told, and for many askers at once", async () => {
    const { channel, passes, transport, watcher } = await served({ progressNotify: true });
    transport.version = { code: "UNAVAILABLE", details: "busy" };
    const asking = [channel.requestProgress({ timeoutMs: 2_000 }), channel.requestProgress({ timeoutMs: 2_000 })];
    const outcomes = Promise.allSettled(asking);
    for (let second = 0; second < 4; second++) await passes(500);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(transport.statusRequests).toEqual(["one:2379"]);
    await watcher.close();
  });

  for (const version of ["3.4.24", "3.5.7", "not a version", ""]) {
    it(`rejects with UnsupportedError on a server of version "${version}", unless an event proves it in time`, async () => {
      const { channel, connection, passes, watcher } = await served({ version });
      const proven = channel.requestProgress();
      await settle();
      await passes(400);
      connection.send({ watchId: 0n, events: [put("k", 10n)] });
      expect(await proven).toBe(10n);

      await watcher.close();
      const other = await served({ version });
      const asked = expect(other.channel.requestProgress()).rejects.toMatchObject({ name: "UnsupportedError", code: "UNSUPPORTED" });
      await settle();
      await other.passes(1_000);
      await asked;
      expect(other.connection.progressRequests).toBe(0);
      await other.watcher.close();
    });
  }

  it("rejects with UnsupportedError when the server does not tell its version", async () => {
    const { channel, transport, passes, watcher } = await served();
    transport.version = { code: "UNIMPLEMENTED", details: "no Maintenance here" };
    const asked = expect(channel.requestProgress()).rejects.toMatchObject({ name: "UnsupportedError" });
    await settle();
    await passes(1_000);
    await asked;
    await watcher.close();
  });

  it("rejects after timeoutMs with DEADLINE_EXCEEDED", async () => {
    const { channel, passes, watcher, clock } = await served();
    const asked = expect(channel.requestProgress({ timeoutMs: 2_000 })).rejects.toMatchObject({
      name: "RpcError",
      code: "DEADLINE_EXCEEDED",
    });
    await settle();
    for (let step = 0; step < 20; step++) await passes(100);
    await asked;
    expect(clock.pendingTimers).toBe(TIMERS_OF_A_CONNECTION);
    await watcher.close();
  });

  it("rejects after 10,000 ms if not told otherwise", async () => {
    const { channel, passes, watcher } = await served();
    let settled = false;
    const asked = expect(channel.requestProgress().finally(() => (settled = true))).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await settle();
    await passes(9_999);
    expect(settled).toBe(false);
    await passes(1);
    await asked;
    await watcher.close();
  });

  it("rejects with the signal's reason, and leaves no listener or timer behind", async () => {
    const controller = new AbortController();
    const { channel, watcher, clock } = await served();
    const asked = expect(channel.requestProgress({ signal: controller.signal })).rejects.toThrow("enough");
    await settle();
    controller.abort(new Error("enough"));
    await asked;
    await settle();
    expect(getEventListeners(controller.signal, "abort").length).toBe(0);
    expect(clock.pendingTimers).toBe(TIMERS_OF_A_CONNECTION);
    await expect(channel.requestProgress({ signal: controller.signal })).rejects.toThrow("enough");
    await watcher.close();
  });

  it("rejects with the reason when the watch ends meanwhile, or has ended", async () => {
    const left = await served();
    const leaving = expect(left.channel.requestProgress()).rejects.toMatchObject({ name: "ClosedError" });
    await settle();
    left.channel.cancel();
    await leaving;
    await expect(left.channel.requestProgress()).rejects.toMatchObject({ name: "ClosedError" });
    await settle();
    expect(left.clock.pendingTimers).toBe(0);

    const ended = await served();
    const ending = expect(ended.channel.requestProgress()).rejects.toMatchObject({ name: "WatchCanceledError", reason: "x" });
    await settle();
    ended.connection.send({ watchId: 0n, canceled: true, cancelReason: "x" });
    await ending;
    await expect(ended.channel.requestProgress()).rejects.toMatchObject({ name: "WatchCanceledError", reason: "x" });
  });

  it("rejects with the reason when the watch ends while the store's revision is still being read", async () => {
    const { channel, transport, watcher, clock } = await served();
    transport.rangeRevision = undefined; // no answer
    const progress = channel.requestProgress({ timeoutMs: Infinity });
    await settle();
    await watcher.close();
    await expect(progress).rejects.toMatchObject({ name: "ClosedError" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("rejects when the store's revision cannot be read", async () => {
    const { channel, transport, watcher, clock } = await served();
    transport.rangeRevision = { code: "PERMISSION_DENIED", details: "no" };
    await expect(channel.requestProgress()).rejects.toMatchObject({ name: "RpcError", code: "PERMISSION_DENIED" });
    expect(clock.pendingTimers).toBe(TIMERS_OF_A_CONNECTION);
    await watcher.close();
  });

  it("goes on over a reconnect, and counts no notice before the watch is created again", async () => {
    const { channel, connection, transport, passes, watcher } = await served();
    const progress = channel.requestProgress();
    await settle();
    connection.end();
    await settle();
    await passes(25);
    await passes(1_000);
    const [, again] = transport.connections;
    again?.send({ watchId: -1n, revision: 50n });
    await settle();
    expect(channel.resumeRevision).toBe(4n);
    again?.send({ created: true, watchId: 0n, revision: 10n });
    await passes(1_000);
    const asked = again?.progressRequests ?? 0;
    expect(asked).toBeGreaterThan(1);
    for (let count = 0; count < asked; count++) again?.send({ watchId: -1n, revision: 10n }); // some of them were asked for before `created`
    expect(await progress).toBe(10n);
    await watcher.close();
  });

  it("of several at once are all answered by one notice", async () => {
    const { channel, connection, watcher } = await served();
    const all = [channel.requestProgress(), channel.requestProgress(), channel.requestProgress()];
    await settle();
    connection.send({ watchId: -1n, revision: 10n });
    expect(await Promise.all(all)).toEqual([10n, 10n, 10n]);
    await watcher.close();
  });
});

describe("Watcher.requestProgress()", () => {
  it("that waits for a connection resolves when the last watch leaves meanwhile: there is nothing left to ask for", async () => {
    const { channel, connection, watcher } = await served();
    connection.end();
    const waiting = watcher.requestProgress();
    channel.cancel();
    await expect(waiting).resolves.toBeUndefined();
    await watcher.close();
  });
});
