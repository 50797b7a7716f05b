import { describe, expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

/**
 * A watch of "old", and one of "new" from revision 5 that is created after `asks` progress requests went out. The store is at 9. What
 * comes with id -1 then may be an answer from before the server knew of "new": etcd sends events and answers to creates from two queues.
 */
async function asked(asks: number) {
  const { watcher, transport, clock } = watcherHarness();
  watcher.watch("old", { startRevision: 2n });
  await settle();
  const [first] = transport.connections;
  if (first === undefined) throw new Error("no stream was opened");
  first.send({ created: true, watchId: 0n, revision: 3n });
  for (let count = 0; count < asks; count++) await watcher.requestProgress();
  const seen: bigint[] = [];
  const read = async (): Promise<void> => {
    for await (const { header } of watcher.watch("new", { startRevision: 5n })) seen.push(header.revision);
  };
  const reading = read();
  await settle();
  const watchId = first.unanswered[0]?.watchId === 0n ? 1n : (first.unanswered[0]?.watchId ?? 1n);
  first.send({ created: true, watchId, revision: 9n });
  /** From where "old" and "new" go on after a cut, and which revisions the reader of "new" was told of. */
  const outcome = async () => {
    await settle();
    first.end();
    await settle();
    clock.advance(5_000);
    await settle();
    const second = transport.connections[1];
    if (second === undefined) throw new Error("the stream was not opened again");
    const starts: Record<string, bigint> = {};
    for (let id = 0n; second.unanswered.length > 0; id++) {
      const [create] = second.unanswered;
      if (create !== undefined) starts[create.key.toString()] = create.startRevision;
      second.send({ created: true, watchId: create?.watchId === 0n ? id : (create?.watchId ?? id), revision: 9n });
    }
    await watcher.close();
    await reading;
    return { ...starts, seen };
  };
  const broadcast = (revision: bigint): void => {
    first.send({ watchId: -1n, revision });
  };
  return { connection: first, watchId, broadcast, outcome };
}

describe("a broadcast that was made before the server knew of a watch, and comes after its created", () => {
  it("moves those that were there, and neither moves the new one nor is told to its reader", async () => {
    const { broadcast, outcome } = await asked(1);
    broadcast(9n);
    expect(await outcome()).toEqual({ old: 10n, new: 5n, seen: [] });
  });

  it("is told from one that was made later by its revision", async () => {
    const { broadcast, outcome } = await asked(1);
    broadcast(10n);
    expect(await outcome()).toEqual({ old: 11n, new: 11n, seen: [10n] });
  });

  it("cannot come after a message of the watch's own", async () => {
    const { connection, watchId, broadcast, outcome } = await asked(2);
    connection.send({ watchId, events: [put("new", 6n)], revision: 9n });
    broadcast(9n);
    expect(await outcome()).toEqual({ old: 10n, new: 10n, seen: [9n, 9n] });
  });

  it("is not more than there were requests without an answer", async () => {
    const { broadcast, outcome } = await asked(2);
    for (const revision of [8n, 9n, 9n]) broadcast(revision);
    expect(await outcome()).toEqual({ old: 10n, new: 10n, seen: [] });
  });
});
