import { expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { ClusterGuard } from "../../../src/watch/cluster-guard.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { responseBytes } from "../../support/watch-messages.ts";
import { settle, watcherHarness, watcherStream } from "../../support/watcher-harness.ts";

it("the read that looks for the proof is given up with its connection, and not made again", async () => {
  const { host, clock, log } = watcherHarness();
  const transport = new FakeUnaryTransport();
  const ended: Error[] = [];
  const guard = new ClusterGuard({
    host: { ...host, transport },
    endpoint: "fake:2379",
    onChanged: (_, error) => {
      ended.push(error);
    },
  });
  const watch = watcherStream("a");
  watch.onCreated(decodeWatchMessage(responseBytes({ created: true, revision: 10n })));
  expect(guard.check(watch, decodeWatchMessage(responseBytes({ revision: 8n })).header)).toBeUndefined();
  await settle();
  expect(transport.inFlight).toBe(1);
  guard.close();
  await settle();
  expect(transport.inFlight).toBe(0);
  clock.advance(60_000);
  await settle();
  expect([transport.calls.length, ended, log, clock.pendingTimers]).toEqual([1, [], [], 0]);
});
