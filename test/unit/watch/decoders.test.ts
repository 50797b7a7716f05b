import { expect, it } from "vitest";
import type { WatchChannel } from "../../../src/watch/watch-channel.ts";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

const readers: readonly [string, (watch: WatchChannel) => AsyncIterator<unknown>][] = [
  ["responses", (watch) => watch[Symbol.asyncIterator]()],
  ["events", (watch) => watch.events()],
];

/** A watch whose decoder cancels it at the first value. */
async function cancelledByDecoder() {
  const { watcher, transport, host } = watcherHarness();
  const watch: WatchChannel = watcher.watch("a", {
    startRevision: 2n,
    decode: () => {
      watch.cancel();
    },
  });
  await settle();
  const [connection] = transport.connections;
  connection?.send({ created: true });
  const send = (): void => {
    connection?.send({ events: [put("a", 2n), put("a", 3n)] });
  };
  return { watcher, watch, send, host };
}

for (const [what, read] of readers) {
  it(`one that cancels the watch has nothing more delivered to a reader of ${what}, and nothing counts as taken`, async () => {
    const { watcher, watch, send, host } = await cancelledByDecoder();
    const iterator = read(watch);
    send();
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    expect(watch.resumeRevision).toBe(2n);
    expect([host.unread.bytes, host.unread.watches]).toEqual([0, 0]);
    await watcher.close();
  });

  it(`nor to one of ${what} who waits, or asks ahead`, async () => {
    const { watcher, watch, send, host } = await cancelledByDecoder();
    const iterator = read(watch);
    const results = [iterator.next(), iterator.next()];
    send();
    expect(await Promise.all(results)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(watch.resumeRevision).toBe(2n);
    expect([host.unread.bytes, host.unread.watches]).toEqual([0, 0]);
    await watcher.close();
  });
}
