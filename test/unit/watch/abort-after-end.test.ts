import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import type { WatchChannel } from "../../../src/watch/watch-channel.ts";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

const leaving: readonly [string, (watch: WatchChannel, abort: AbortController) => void][] = [
  [
    "cancel()",
    (watch) => {
      watch.cancel();
    },
  ],
  [
    "the signal",
    (_, abort) => {
      abort.abort(new Error("no longer wanted"));
    },
  ],
];

it.each(leaving)(
  "%s drops what is buffered also of a watch that the server has ended: nothing is delivered afterwards",
  async (_, leave) => {
    const { watcher, transport } = watcherHarness();
    const abort = new AbortController();
    const watch = watcher.watch("a", { startRevision: 2n, signal: abort.signal });
    await settle();
    const [connection] = transport.connections;
    connection?.send({ created: true });
    for (const revision of [2n, 3n, 4n]) connection?.send({ events: [put("a", revision)] });
    connection?.send({ canceled: true, compactRevision: 9n });
    const iterator = watch[Symbol.asyncIterator]();
    await iterator.next();
    leave(watch, abort);
    await expect(iterator.next()).rejects.toThrow("compacted"); // its one outcome, but nothing before it
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    expect(watch.resumeRevision).toBe(3n);
    await watcher.close();
  },
);

it("the signal drops the rest of a response that a reader of single events has in hand", async () => {
  const { watcher, transport } = watcherHarness();
  const abort = new AbortController();
  const watch = watcher.watch("a", { prefix: true, startRevision: 2n, signal: abort.signal });
  await settle();
  transport.connections[0]?.send({ created: true });
  transport.connections[0]?.send({ events: [put("a1", 2n), put("a2", 2n)] });
  transport.connections[0]?.send({ canceled: true, compactRevision: 9n });
  const events = watch.events();
  await events.next();
  abort.abort(new Error("no longer wanted"));
  await expect(events.next()).rejects.toThrow("compacted");
  await watcher.close();
});

it("a signal is let go of once a watch that the server has ended was read to its end", async () => {
  const { watcher, transport } = watcherHarness();
  const abort = new AbortController();
  const watch = watcher.watch("a", { startRevision: 2n, signal: abort.signal });
  await settle();
  transport.connections[0]?.send({ created: true });
  transport.connections[0]?.send({ events: [put("a", 2n)] });
  transport.connections[0]?.send({ canceled: true, compactRevision: 9n });
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  await watch[Symbol.asyncIterator]().next();
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  await watcher.close();
});

it("a signal is let go of when a reader of single events leaves in the midst of a response", async () => {
  const { watcher, transport } = watcherHarness();
  const abort = new AbortController();
  const watch = watcher.watch("a", { prefix: true, startRevision: 2n, signal: abort.signal });
  await settle();
  transport.connections[0]?.send({ created: true });
  transport.connections[0]?.send({ events: [put("a1", 2n), put("a2", 2n)] });
  const events = watch.events();
  await events.next();
  await events.return?.();
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  await watcher.close();
});

it("a signal is let go of when the watcher is closed while a reader of single events is in the midst of a response", async () => {
  const { watcher, transport } = watcherHarness();
  const abort = new AbortController();
  const watch = watcher.watch("a", { prefix: true, startRevision: 2n, signal: abort.signal });
  await settle();
  transport.connections[0]?.send({ created: true });
  transport.connections[0]?.send({ events: [put("a1", 2n), put("a2", 2n)] });
  const events = watch.events();
  await events.next();
  await watcher.close();
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  await expect(events.next()).resolves.toEqual({ done: true, value: undefined });
});
