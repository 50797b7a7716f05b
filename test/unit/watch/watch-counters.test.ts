import { describe, expect, it } from "vitest";
import type { WatchMessage } from "../../../src/codec/watch-message.ts";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import {
  ClosedError,
  ClusterChangedError,
  CompactedError,
  type EtcdError,
  ProtocolError,
  RpcError,
  SlowConsumerError,
  UnsupportedError,
  WatchCanceledError,
} from "../../../src/errors/etcd-error.ts";
import { TurnClock } from "../../../src/util/turn-clock.ts";
import { endCause, type WatchEndCause, WatchCounters } from "../../../src/watch/watch-counters.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { put, type ResponseFields, responseBytes } from "../../support/watch-messages.ts";

const messageOf = (fields: ResponseFields): WatchMessage => decodeWatchMessage(responseBytes(fields));

describe("WatchCounters", () => {
  it("counts messages, their events and bytes", () => {
    const counters = new WatchCounters(new TurnClock(new FakeClock()));
    const messages = [
      messageOf({ watchId: 1n, revision: 2n, created: true }),
      messageOf({ watchId: 1n, revision: 4n, events: [put("a", 3n), put("a", 4n)] }),
    ];
    for (const message of messages) counters.received(message);
    expect(counters).toMatchObject({ responses: 2, events: 2, progressNotices: 0, lastProgressAtMs: NaN });
    expect(counters.bytesReceived).toBe(messages.reduce((sum, { byteLength }) => sum + byteLength, 0));
    expect(counters.lastResponseAtMs).not.toBeNaN();
  });

  it.each<[string, ResponseFields, number]>([
    ["a notice of one watch", { watchId: 1n, revision: 9n }, 1],
    ["a notice for the stream", { watchId: -1n, revision: 9n }, 1],
    ["a created", { watchId: 1n, revision: 9n, created: true }, 0],
    ["a canceled", { watchId: 1n, revision: 9n, canceled: true }, 0],
    ["a compaction", { watchId: 1n, revision: 9n, compactRevision: 5n }, 0],
    ["a fragment without events", { watchId: 1n, revision: 9n, fragment: true }, 0],
    ["events", { watchId: 1n, revision: 9n, events: [put("a", 9n)] }, 0],
  ])("knows whether it is a progress notice: %s", (_, fields, notices) => {
    const counters = new WatchCounters(new TurnClock(new FakeClock()));
    counters.received(messageOf(fields));
    expect(counters.progressNotices).toBe(notices);
    expect(Number.isNaN(counters.lastProgressAtMs)).toBe(notices === 0);
  });
});

describe("endCause()", () => {
  it("is quiet for an end that the user wanted", () => {
    expect(endCause({ kind: "quiet", reason: new ClosedError("The watch") })).toBe("quiet");
  });

  it.each<[WatchEndCause, EtcdError]>([
    ["compacted", new CompactedError({ requestedRevision: 1n, compactRevision: 2n })],
    ["refused", new WatchCanceledError({ watchId: -1n, reason: "", code: "PERMISSION_DENIED", key: "a" })],
    ["slow-consumer", new SlowConsumerError({ bufferedBytes: 2, limitBytes: 1 })],
    ["cluster-changed", new ClusterChangedError({ what: "cluster id", expected: 1n, actual: 2n })],
    ["failed", new RpcError({ code: "UNIMPLEMENTED", details: "", path: "" })],
    ["failed", new UnsupportedError("nothing of the sort")],
    ["protocol", new ProtocolError("nonsense")],
    ["closed", new ClosedError("The watcher")],
  ])("is %s for %s", (cause, error) => {
    expect(endCause({ kind: "error", error })).toBe(cause);
  });
});
