import { expect, it } from "vitest";
import { put } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

it("a watch that is begun while its stream's call has just ended is not written to that call, and is created on the next", async () => {
  const { watcher, transport, clock } = watcherHarness();
  watcher.watch("a", { startRevision: 2n });
  await settle();
  const [first] = transport.connections;
  first?.send({ created: true });
  first?.end(); // nobody has had a turn yet to notice
  const late = watcher.watch("b", { startRevision: 3n });
  await settle();
  clock.advance(5_000);
  await settle();
  expect(first?.lateRequests).toBe(0);
  const second = transport.connections[1];
  for (const watchId of [0n, 1n]) second?.send({ created: true, watchId });
  second?.send({ watchId: 1n, events: [put("b", 3n)] });
  for await (const { events } of late) {
    expect(events.map(({ kv }) => kv.keyText)).toEqual(["b"]);
    break;
  }
  await watcher.close();
});
