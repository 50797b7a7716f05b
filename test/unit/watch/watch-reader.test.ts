import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { WatchChannel } from "../../../src/watch/watch-channel.ts";
import type { WatchOptions } from "../../../src/watch/watch-options.ts";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

/** A watch from revision 1 that the server has created with id 0. */
async function served<Value>(options: WatchOptions<Value>) {
  const harness = watcherHarness();
  const channel = harness.watcher.watch("k", { startRevision: 1n, ...options });
  await settle();
  const [connection] = harness.transport.connections;
  if (connection === undefined) throw new Error("no stream was opened");
  connection.send({ created: true, watchId: 0n, revision: 1n });
  return { ...harness, channel, connection };
}

/** The next item; undefined at the end. */
async function next<Item>(iterator: AsyncIterator<Item>): Promise<Item | undefined> {
  const result = await iterator.next();
  return result.done === true ? undefined : result.value;
}

/** A watch whose decoder ends it at revision 3, with how often it was called. */
async function endedByItsDecoder() {
  const own: { channel?: WatchChannel<string> } = {};
  const decoded: bigint[] = [];
  const stage = await served({
    decode: ({ modRevision, valueText }) => {
      decoded.push(modRevision);
      if (modRevision === 3n) own.channel?.cancel();
      return valueText;
    },
  });
  own.channel = stage.channel;
  return { ...stage, decoded };
}

describe("a response that is handed to a reader who waits for it", () => {
  it("is decoded like one from the buffer", async () => {
    const { channel, connection, watcher } = await served({ decode: (kv) => kv.json<{ n: number }>().n });
    const waiting = next(channel[Symbol.asyncIterator]());
    connection.send({ watchId: 0n, events: [put("k", 2n, { value: '{"n":1}' }), put("k", 3n, { value: "no json" })] });
    const response = await waiting;
    expect(response?.events.map((event) => event.value)).toEqual([1, undefined]);
    expect(response?.events[1]?.decodeError).toBeInstanceOf(SyntaxError);
    await watcher.close();
  });

  it("counts as taken at once, and is in no buffer", async () => {
    const { channel, connection, watcher } = await served({});
    const waiting = next(channel[Symbol.asyncIterator]());
    connection.send({ watchId: 0n, events: [put("k", 2n)] });
    expect(channel.resumeRevision).toBe(3n);
    expect(channel.status).toMatchObject({ bufferedResponses: 0, bufferedBytes: 0, lag: 0n });
    expect((await waiting)?.events).toHaveLength(1);
    await watcher.close();
  });

  it("is not delivered, and not counted, when its decoder ends the watch", async () => {
    const { channel, connection, decoded } = await endedByItsDecoder();
    const iterator = channel[Symbol.asyncIterator]();
    const waiting = [next(iterator), next(iterator), next(iterator)];
    connection.send({ watchId: 0n, events: [put("k", 2n)] });
    connection.send({ watchId: 0n, events: [put("k", 3n)] });
    const results = await Promise.all(waiting);
    expect(results.map((response) => response?.events[0]?.kv.modRevision)).toEqual([2n, undefined, undefined]);
    expect(channel.resumeRevision).toBe(3n);
    expect(decoded).toEqual([2n, 3n]);
  });

  it("answers one next() after the other, with further ones behind it", async () => {
    const { channel, connection, watcher } = await served({});
    const iterator = channel[Symbol.asyncIterator]();
    const waiting = Array.from({ length: 4 }, () => next(iterator));
    for (const revision of [2n, 3n, 4n]) connection.send({ watchId: 0n, events: [put("k", revision)] });
    waiting.push(next(iterator));
    for (const revision of [5n, 6n]) connection.send({ watchId: 0n, events: [put("k", revision)] });
    const results = await Promise.all(waiting);
    expect(results.map((response) => response?.events[0]?.kv.modRevision)).toEqual([2n, 3n, 4n, 5n, 6n]);
    await watcher.close();
  });
});

describe("events() in the middle of a revision", () => {
  it("does not count a notice that comes meanwhile, until its last event", async () => {
    const { channel, connection, watcher } = await served({});
    connection.send({ watchId: 0n, events: [put("k", 2n), put("k", 2n)] });
    const events = channel.events();
    await events.next();
    connection.send({ watchId: 0n, revision: 50n });
    expect(channel.resumeRevision).toBe(1n);
    await events.next();
    expect(channel.resumeRevision).toBe(51n);
    await watcher.close();
  });
});

describe("events() in the middle of one response after another", () => {
  it("stands behind each revision that it has given, whenever it is asked", async () => {
    const { channel, connection, watcher } = await served({});
    const events = channel.events();
    const both = [put("k", 2n), put("l", 2n), put("k", 3n), put("k", 4n)];
    connection.send({ watchId: 0n, events: both });
    connection.send({ watchId: 0n, events: both.map(({ kv }, index) => put("k", (kv?.modRevision ?? 0n) + 3n, { value: String(index) })) });
    const stands: bigint[] = [];
    for (let index = 0; index < 8; index++) {
      await events.next();
      stands.push(channel.resumeRevision);
    }
    expect(stands).toEqual([1n, 3n, 4n, 5n, 5n, 6n, 7n, 8n]);
    await watcher.close();
  });

  it("is not asked for, and then once", async () => {
    const { channel, connection, watcher } = await served({});
    const events = channel.events();
    connection.send({ watchId: 0n, events: [2n, 3n, 4n, 5n].map((revision) => put("k", revision)) });
    for (let index = 0; index < 3; index++) await events.next();
    expect(channel.resumeRevision).toBe(5n);
    await watcher.close();
  });
});

describe("events() whose decoder ends the watch", () => {
  it("ends each next() that waits, and delivers nothing of that response", async () => {
    const { channel, connection, decoded } = await endedByItsDecoder();
    const events = channel.events();
    const waiting = [next(events), next(events), next(events)];
    connection.send({ watchId: 0n, events: [put("k", 2n)] });
    connection.send({ watchId: 0n, events: [put("k", 3n), put("k", 4n)] });
    const results = await Promise.all(waiting);
    expect(results.map((event) => event?.kv.modRevision)).toEqual([2n, undefined, undefined]);
    expect(channel.resumeRevision).toBe(3n);
    expect(decoded).toContain(3n);
  });
});

describe("a response from the buffer whose decoder ends the watch", () => {
  it("is not delivered, and not counted", async () => {
    const { channel, connection } = await endedByItsDecoder();
    connection.send({ watchId: 0n, events: [put("k", 2n)] });
    connection.send({ watchId: 0n, events: [put("k", 3n)] });
    const iterator = channel[Symbol.asyncIterator]();
    expect((await next(iterator))?.events[0]?.value).toBe("value at 2");
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(channel.resumeRevision).toBe(3n);
  });

  it("is not given to events() either", async () => {
    const { channel, connection } = await endedByItsDecoder();
    connection.send({ watchId: 0n, events: [put("k", 2n)] });
    connection.send({ watchId: 0n, events: [put("k", 3n), put("k", 4n)] });
    const events = channel.events();
    expect((await next(events))?.value).toBe("value at 2");
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(channel.resumeRevision).toBe(3n);
  });
});

describe("a watch that is left in the middle of a response", () => {
  const leaves: Readonly<Record<string, (channel: WatchChannel, events: AsyncIterableIterator<unknown>) => void>> = {
    "cancel()": (channel) => {
      channel.cancel();
    },
    "return()": (_, events) => void events.return?.(),
  };

  it.each(Object.keys(leaves))("by %s listens to its signal no more", async (name) => {
    const { signal } = new AbortController();
    const { channel, connection } = await served({ signal });
    connection.send({ watchId: 0n, events: [put("k", 2n), put("k", 3n)] });
    const events = channel.events();
    await events.next();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    leaves[name]?.(channel, events);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
