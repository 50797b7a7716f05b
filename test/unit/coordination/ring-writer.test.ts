import { describe, expect, it } from "vitest";
import type { EtcdClient } from "../../../src/client/etcd-client.ts";
import type { Txn } from "../../../src/client/txn-request.ts";
import { RingWriter } from "../../../src/coordination/ring-writer.ts";
import { Ring } from "../../../src/coordination/ring.ts";
import { RpcError } from "../../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../../src/errors/grpc-status.ts";
import { silentLogger } from "../../../src/util/logger.ts";
import { watcherHost } from "../../../src/watch/watcher-host.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { settle } from "../../support/watcher-harness.ts";

const own = { key: Buffer.from("s/members/a"), createRevision: 3n, seenAt: 3n };
const ringKey = Buffer.from("s/ring");

/** A writer to whose transactions the test says what comes of them. */
function start(outcome: (txn: Txn) => GrpcStatusName | "done" | "too late") {
  const state = { ring: new Ring(5n, ["a", "dead"]), members: ["a", "b"] };
  const [clock, ending, failures, txns] = [new FakeClock(), new AbortController(), [] as Error[], [] as Txn[]];
  const txn = (given: Txn): Promise<unknown> => {
    txns.push(given);
    const what = outcome(given);
    if (what === "done" || what === "too late") return Promise.resolve({ succeeded: what === "done" });
    return Promise.reject(new RpcError({ code: what, details: "no", path: "/etcdserverpb.KV/Txn" }));
  };
  const client = { kv: { txn }, [watcherHost]: { clock, logger: silentLogger } } as unknown as EtcdClient;
  const onFailure = (error: Error): void => {
    failures.push(error);
  };
  const writer = new RingWriter(client, { own, ringKey, read: () => state, signal: ending.signal, onFailure });
  return { writer, state, clock, ending, failures, txns };
}

describe("RingWriter", () => {
  it("writes who is there, if the ring is the one that it looked at and its own key is there", async () => {
    const { writer, txns } = start(() => "done");
    writer.look();
    await writer.done;
    expect(txns).toEqual([
      {
        compare: [
          { key: own.key, target: "create", result: "=", value: 3n },
          { key: ringKey, target: "mod", result: "=", value: 5n },
        ],
        success: [{ put: { key: ringKey, value: '{"version":1,"members":["a","b"]}' } }],
      },
    ]);
  });

  it("leaves a ring that is right alone, and one of another version", async () => {
    const { writer, state, txns } = start(() => "done");
    state.members = ["dead", "a"];
    writer.look();
    state.ring = new Ring(6n, [], { isForeign: true });
    writer.look();
    await writer.done;
    expect(txns).toEqual([]);
  });

  it("looks again when the ring changed while it wrote", async () => {
    const { writer, state, txns } = start(() => {
      if (txns.length === 1) state.ring = new Ring(6n, ["b"]); // another was faster, and it was seen at once
      return txns.length === 1 ? "too late" : "done";
    });
    writer.look();
    writer.look();
    await writer.done;
    expect(txns.map(({ compare }) => compare?.[1]?.value)).toEqual([5n, 6n]);
  });

  it("tries again while etcd is away, until it is told to end", async () => {
    const { writer, clock, ending, failures, txns } = start(() => "UNAVAILABLE");
    writer.look();
    for (let passed = 0; passed < 5; passed++) {
      await settle();
      clock.advance(2_000);
    }
    await settle();
    expect(txns.length).toBeGreaterThan(4);
    ending.abort();
    await writer.done;
    expect([failures, clock.pendingTimers]).toEqual([[], 0]);
  });

  it("gives up where no retry helps", async () => {
    const { writer, failures, txns } = start(() => "PERMISSION_DENIED");
    writer.look();
    await writer.done;
    expect(failures).toMatchObject([{ code: "PERMISSION_DENIED" }]);
    expect(txns).toHaveLength(1);
  });
});
