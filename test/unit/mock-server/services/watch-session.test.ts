import { describe, expect, it } from "vitest";
import type { WatchCreateRequest, WatchResponse } from "../../../../src/gen/rpc.ts";
import { behaviours } from "../../../../src/mock-server/behaviour.ts";
import { ClusterIdentity } from "../../../../src/mock-server/cluster-identity.ts";
import { seededRandom } from "../../../../src/mock-server/seeded-random.ts";
import { WatchSession } from "../../../../src/mock-server/services/watch-session.ts";
import { Lessor } from "../../../../src/mock-server/store/lessor.ts";
import { WatchableStore } from "../../../../src/mock-server/store/watchable-store.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function stage(seed = 1) {
  const clock = new FakeClock();
  const store = new WatchableStore({ leases: new Lessor(() => 0.5), behaviour: behaviours.latest });
  const sent: WatchResponse[] = [];
  const transport = { takes: true };
  const session = new WatchSession({
    store,
    identity: new ClusterIdentity(seededRandom(seed)),
    behaviour: behaviours.latest,
    clock,
    random: seededRandom(seed),
    progressIntervalMs: 1_000,
    fragmentBytes: 2 ** 21,
    write: (response) => {
      sent.push(response);
      return transport.takes;
    },
    refusalOf: () => undefined,
  });
  const create = (fields: Partial<WatchCreateRequest> = {}): void => {
    const value = { key: Buffer.from("k"), rangeEnd: Buffer.alloc(0), startRevision: 0n, watchId: 0n, filters: [] };
    const flags = { progressNotify: false, prevKv: false, fragment: false };
    session.receive({ requestUnion: { $case: "createRequest", value: { ...value, ...flags, ...fields } } });
  };
  const cancel = (watchId: bigint): void => {
    session.receive({ requestUnion: { $case: "cancelRequest", value: { watchId } } });
  };
  const put = (): void => {
    store.mvcc.write((txn) => {
      txn.put(Buffer.from("k"), Buffer.alloc(0), 0n);
    });
  };
  return { clock, store, session, sent, transport, create, cancel, put };
}

function said({ watchId, created, canceled, events }: WatchResponse): string {
  return `${created ? "created" : canceled ? "canceled" : events.length > 0 ? "events" : "progress"} ${String(watchId)}`;
}

describe("WatchSession", () => {
  it("sends nothing of a watch before its creation, however the two queues are mixed", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { sent, transport, session, create, put } = stage(seed);
      transport.takes = false;
      create({ watchId: 99n }); // is sent, and the transport says that it has enough
      create({ watchId: 1n });
      for (let count = 0; count < 5; count++) put();
      expect(sent.map(said)).toEqual(["created 99"]);
      transport.takes = true;
      session.drained();
      const ofOne = sent.filter(({ watchId }) => watchId === 1n);
      expect(ofOne.map(said)).toEqual(["created 1", ...Array<string>(5).fill("events 1")]);
      expect(ofOne.slice(1).map(({ header }) => header?.revision)).toEqual([2n, 3n, 4n, 5n, 6n]);
    }
  });

  it("sends nothing of a watch after the acknowledgement of its cancel", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { sent, transport, session, create, cancel, put } = stage(seed);
      create({ watchId: 1n });
      create({ watchId: 2n });
      transport.takes = false;
      put();
      for (let count = 0; count < 5; count++) put();
      cancel(1n);
      put();
      transport.takes = true;
      session.drained();
      const ofOne = sent.filter(({ watchId }) => watchId === 1n).map(said);
      expect(ofOne.indexOf("canceled 1")).toBe(ofOne.length - 1);
      expect(sent.filter(({ watchId, events }) => watchId === 2n && events.length > 0)).toHaveLength(7);
    }
  });

  it("says that requests should wait when 16 acknowledgements do", () => {
    const { session, transport, create } = stage();
    transport.takes = false;
    for (let count = 0; count < 16; count++) create();
    expect(session.isFull).toBe(false);
    create();
    expect(session.isFull).toBe(true);
    transport.takes = true;
    session.drained();
    expect(session.isFull).toBe(false);
  });

  it("holds a bounded number of messages for a stream that does not take them", () => {
    const { sent, store, transport, create, put } = stage();
    create();
    transport.takes = false;
    for (let count = 0; count < 10_000; count++) put();
    expect(sent).toHaveLength(2);
    expect(store.victimCount).toBe(1);
  });

  it("sends progress in each quiet period, and leaves one out after events", () => {
    const { clock, sent, create, put } = stage();
    create({ progressNotify: true });
    create();
    clock.advance(1_100);
    expect(sent.slice(2).map(said)).toEqual(["progress 0"]);
    put();
    sent.length = 0;
    clock.advance(1_100);
    expect(sent).toEqual([]);
    clock.advance(1_100);
    expect(sent.map(said)).toEqual(["progress 0"]);
  });

  it("draws the period once for the stream, up to a tenth longer than it is set", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { clock, sent, create } = stage(seed);
      create({ progressNotify: true });
      clock.advance(999);
      expect(sent).toHaveLength(1);
      clock.advance(101);
      expect(sent).toHaveLength(2);
    }
  });

  it("leaves no timer and no watcher behind", () => {
    const { clock, store, session, create } = stage();
    create({ progressNotify: true });
    create();
    session.close();
    expect(clock.pendingTimers).toBe(0);
    expect(store.watcherCount).toBe(0);
  });

  it("takes no request once it is closed", () => {
    const { clock, sent, store, session, create, cancel, put } = stage();
    create({ watchId: 1n });
    session.close();
    sent.length = 0;
    create({ watchId: 2n, progressNotify: true });
    cancel(1n);
    session.receive({ requestUnion: { $case: "progressRequest", value: {} } });
    session.drained();
    put();
    expect(sent).toEqual([]);
    expect(store.watcherCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
