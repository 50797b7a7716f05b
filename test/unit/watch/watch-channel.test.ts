import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { WatchChannel } from "../../../src/watch/watch-channel.ts";
import type { WatchOptions } from "../../../src/watch/watch-options.ts";
import type { InMemoryConnection } from "../../support/in-memory-connection.ts";
import { put, remove } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

/** A watch from revision 1 that the server has created with id 0. */
async function served<Value = unknown>(options: WatchOptions<Value> = {}) {
  const harness = watcherHarness();
  const channel = harness.watcher.watch("k", { startRevision: 1n, prefix: true, ...options });
  await settle();
  const [connection] = harness.transport.connections;
  if (connection === undefined) throw new Error("no stream was opened");
  connection.send({ created: true, watchId: 0n, revision: 1n });
  return { ...harness, channel, connection };
}

const sendThree = (connection: InMemoryConnection): void => {
  for (const revision of [2n, 3n, 4n]) connection.send({ watchId: 0n, events: [put("k", revision)] });
};

describe("the iterator of a watch", () => {
  it("is one: a second one, or events() beside it, is a TypeError", async () => {
    const readers: readonly ((channel: WatchChannel) => unknown)[] = [
      (channel) => channel[Symbol.asyncIterator](),
      (channel) => channel.events(),
    ];
    for (const first of readers) {
      for (const second of readers) {
        const { channel, watcher } = await served();
        first(channel);
        expect(() => second(channel)).toThrow(TypeError);
        await watcher.close();
      }
    }
  });

  it("answers next() calls that were made ahead in their order, and the end once each", async () => {
    const { channel, connection } = await served();
    const iterator = channel[Symbol.asyncIterator]();
    const results = Array.from({ length: 5 }, () => iterator.next());
    sendThree(connection);
    channel.cancel();
    const revisions = (await Promise.all(results)).map((result) =>
      result.done === true ? "done" : result.value.events[0]?.kv.modRevision,
    );
    expect(revisions).toEqual([2n, 3n, 4n, "done", "done"]);
  });

  it("mixes next() calls that wait with such that find something, in order", async () => {
    const { channel, connection, watcher } = await served();
    const iterator = channel[Symbol.asyncIterator]();
    const first = iterator.next();
    sendThree(connection);
    const rest = [iterator.next(), iterator.next()];
    const results = await Promise.all([first, ...rest]);
    expect(results.map((result) => (result.done === true ? "done" : result.value.events[0]?.kv.modRevision))).toEqual([2n, 3n, 4n]);
    await watcher.close();
  });

  it("throws the reason once, after what was received; then it is over", async () => {
    const { channel, connection } = await served();
    sendThree(connection);
    connection.send({ watchId: 0n, canceled: true, cancelReason: "why not" });
    const iterator = channel[Symbol.asyncIterator]();
    for (const revision of [2n, 3n, 4n])
      expect(await iterator.next()).toMatchObject({ done: false, value: { events: [{ kv: { modRevision: revision } }] } });
    await expect(iterator.next()).rejects.toMatchObject({ name: "WatchCanceledError", reason: "why not" });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("gives the reason to one of the next() calls that wait for it, and the end to the others", async () => {
    const { channel, connection } = await served();
    const iterator = channel[Symbol.asyncIterator]();
    const waiting = [iterator.next(), iterator.next()];
    connection.send({ watchId: 0n, canceled: true, cancelReason: "why not" });
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  it("cancels the watch when the loop is left by break, and by a throw, whose error goes on", async () => {
    const left = await served();
    sendThree(left.connection);
    for await (const response of left.channel) {
      expect(response.events.length).toBe(1);
      break;
    }
    expect(left.connection.state).toBe("cancelled");
    expect(left.channel.resumeRevision).toBe(3n);

    const thrown = await served();
    sendThree(thrown.connection);
    const loop = async (): Promise<void> => {
      for await (const response of thrown.channel) throw new Error(`at ${String(response.header.revision)}`);
    };
    await expect(loop()).rejects.toThrow("at 2");
    expect(thrown.connection.state).toBe("cancelled");
    expect(thrown.channel.resumeRevision).toBe(3n);
  });

  it("is over after return(), though the server had ended the watch with more to read", async () => {
    const { channel, connection } = await served();
    sendThree(connection);
    connection.send({ watchId: 0n, canceled: true, cancelReason: "why not" });
    const iterator = channel[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(channel.resumeRevision).toBe(3n);
  });

  it("ends quietly, with nothing more delivered, when the scope of an `await using` is left", async () => {
    const { channel, connection } = await served();
    const iterator = channel[Symbol.asyncIterator]();
    sendThree(connection);
    await channel[Symbol.asyncDispose]();
    await channel[Symbol.asyncDispose]();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(connection.state).toBe("cancelled");
  });
});

describe("events()", () => {
  it("gives one event at a time, and moves resumeRevision with the last of a revision", async () => {
    const { channel, connection, watcher } = await served();
    connection.send({ watchId: 0n, events: [put("k1", 2n), put("k1", 3n), put("k2", 3n), remove("k3", 3n), put("k1", 4n)], revision: 9n });
    const seen: [bigint | undefined, bigint][] = [];
    const events = channel.events();
    for (let index = 0; index < 5; index++) {
      const result = await events.next();
      seen.push([result.done === true ? undefined : result.value.kv.modRevision, channel.resumeRevision]);
    }
    expect(seen).toEqual([
      [2n, 3n],
      [3n, 3n],
      [3n, 3n],
      [3n, 4n],
      [4n, 5n],
    ]);
    await watcher.close();
  });

  it("leaves out responses without events, which count as taken all the same", async () => {
    const { channel, connection, watcher } = await served({ createdNotify: true, progressNotify: true });
    connection.send({ watchId: 0n, revision: 20n });
    connection.send({ watchId: 0n, events: [put("k", 21n)] });
    connection.send({ watchId: 0n, revision: 30n });
    const events = channel.events();
    expect(channel.resumeRevision).toBe(1n);
    expect(await events.next()).toMatchObject({ value: { kv: { modRevision: 21n } } });
    expect(channel.resumeRevision).toBe(22n);
    const waiting = events.next();
    expect(channel.resumeRevision).toBe(31n);
    connection.send({ watchId: 0n, events: [put("k", 31n)] });
    expect(await waiting).toMatchObject({ value: { kv: { modRevision: 31n } } });
    await watcher.close();
  });

  it("gives nothing more of a response once the watch was cancelled in the middle of it", async () => {
    const { channel, connection } = await served();
    connection.send({ watchId: 0n, events: [put("k1", 2n), put("k2", 2n), put("k3", 2n)] });
    const events = channel.events();
    await events.next();
    channel.cancel();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(channel.resumeRevision).toBe(1n);
  });

  it("in the middle of a response does not count a notice that comes meanwhile, until its end", async () => {
    const { channel, connection, watcher } = await served();
    connection.send({ watchId: 0n, events: [put("k1", 2n), put("k1", 3n)] });
    const events = channel.events();
    await events.next();
    connection.send({ watchId: 0n, revision: 50n });
    expect(channel.resumeRevision).toBe(3n);
    await events.next();
    expect(channel.resumeRevision).toBe(51n);
    await watcher.close();
  });

  it("throws the reason after the last event", async () => {
    const { channel, connection } = await served();
    connection.send({ watchId: 0n, events: [put("k1", 2n), put("k2", 2n)] });
    connection.send({ watchId: 0n, canceled: true, compactRevision: 9n, revision: 0n });
    const keys: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const { kv } of channel.events()) keys.push(kv.keyText);
    };
    await expect(loop()).rejects.toMatchObject({ name: "CompactedError", requestedRevision: 3n });
    expect(keys).toEqual(["k1", "k2"]);
  });
});

describe("decode", () => {
  it("puts the value on each put, and what it threw as that event's decodeError; the loop goes on", async () => {
    const { channel, connection, watcher } = await served({ decode: (kv) => kv.json<{ n: number }>().n });
    connection.send({
      watchId: 0n,
      events: [
        put("k1", 2n, { value: '{"n":1}' }),
        put("k2", 2n, { value: "no json" }),
        remove("k3", 2n),
        put("k4", 2n, { value: '{"n":4}' }),
      ],
    });
    const result = await channel[Symbol.asyncIterator]().next();
    const events = result.done === true ? [] : result.value.events;
    expect(events.map(({ value }) => value)).toEqual([1, undefined, undefined, 4]);
    expect(events.map(({ decodeError }) => decodeError instanceof SyntaxError)).toEqual([false, true, false, false]);
    await watcher.close();
  });

  it("sees what it decodes only when it is read", async () => {
    let decoded = 0;
    const { channel, connection, watcher } = await served({ decode: () => ++decoded });
    sendThree(connection);
    expect(decoded).toBe(0);
    await channel[Symbol.asyncIterator]().next();
    expect(decoded).toBe(1);
    await watcher.close();
  });
});

describe("status and listeners", () => {
  it("tell where the watch is, from the first moment to the last", async () => {
    const { channel, connection, clock } = await served();
    expect(channel.status).toMatchObject({
      state: "watching",
      endpoint: "one:2379",
      watchId: 0n,
      bufferedBytes: 0,
      bufferedResponses: 0,
      lag: 1n, // it was asked for from revision 1 on, which is the store's, and nothing came yet
    });
    connection.send({ watchId: 0n, events: [put("k", 2n)], revision: 9n });
    expect(channel.status).toMatchObject({ bufferedResponses: 1, lag: 9n });
    expect(channel.status.lastResponseAt).toBeInstanceOf(Date);
    connection.end();
    await settle();
    expect(channel.status).toMatchObject({ state: "resuming", endpoint: undefined, watchId: undefined, bufferedResponses: 1 });
    clock.advance(0);
    channel.cancel();
    expect(channel.status).toMatchObject({
      state: "ended",
      endpoint: undefined,
      watchId: undefined,
      bufferedBytes: 0,
      bufferedResponses: 0,
    });
  });

  it("listen to the signal as long as the watch lives, whoever ends it", async () => {
    const { signal } = new AbortController();
    const ends: readonly ((channel: WatchChannel, connection: InMemoryConnection) => void)[] = [
      (channel) => {
        channel.cancel();
      },
      (_, connection) => {
        connection.send({ watchId: 0n, canceled: true, cancelReason: "x" });
      },
      (_, connection) => {
        connection.end("UNIMPLEMENTED", "x");
      },
      (channel) => void channel[Symbol.asyncIterator]().return?.(),
    ];
    for (const end of ends) {
      const { channel, connection } = await served({ signal });
      expect(getEventListeners(signal, "abort").length).toBe(1);
      end(channel, connection);
      await settle();
      expect(getEventListeners(signal, "abort").length).toBe(0);
    }
  });

  it("have nobody to tell of a `created` that is rejected and not looked at", async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): number => rejections.push(reason);
    process.on("unhandledRejection", note);
    const { watcher } = watcherHarness();
    watcher.watch("a").cancel();
    watcher.watch("b", { signal: AbortSignal.abort() });
    await watcher.close();
    watcher.watch("c");
    await settle();
    await settle();
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});

describe("what a watch tells of itself", () => {
  it("can be logged as JSON, bigints and all", async () => {
    const { channel, watcher } = await served();
    expect(JSON.parse(JSON.stringify(await channel.created))).toEqual({ revision: 1 });
    expect(JSON.parse(JSON.stringify(channel.status))).toMatchObject({ state: "watching", watchId: 0, lag: 1, bufferedBytes: 0 });
    await watcher.close();
  });
});
