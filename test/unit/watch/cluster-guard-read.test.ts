import { expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { RangeResponse, ResponseHeader } from "../../../src/gen/rpc.ts";
import { ClusterGuard } from "../../../src/watch/cluster-guard.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { responseBytes } from "../../support/watch-messages.ts";
import { settle, watcherHarness, watcherStream } from "../../support/watcher-harness.ts";

function suspicious() {
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
  return { guard, transport, ended, clock, log };
}

it("the read that looks for the proof is given up with its connection, and not made again", async () => {
  const { guard, transport, ended, clock, log } = suspicious();
  await settle();
  expect(transport.inFlight).toBe(1);
  guard.close();
  await settle();
  expect(transport.inFlight).toBe(0);
  clock.advance(60_000);
  await settle();
  expect([transport.calls.length, ended, log, clock.pendingTimers]).toEqual([1, [], [], 0]);
});

it("the read may find another cluster, though the header that raised the suspicion had no id", async () => {
  const { transport, ended } = suspicious();
  await settle();
  const header = ResponseHeader.fromPartial({ clusterId: 9n, revision: 20n });
  transport.onlyCall.answer(RangeResponse.encode(RangeResponse.fromPartial({ header })).finish());
  await settle();
  expect(ended).toMatchObject([{ name: "ClusterChangedError", expected: 1n, actual: 9n }]);
});
