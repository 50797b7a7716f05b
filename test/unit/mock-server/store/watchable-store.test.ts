import { describe, expect, it } from "vitest";
import { behaviours } from "../../../../src/mock-server/behaviour.ts";
import type { Compatibility } from "../../../../src/mock-server/behaviour.ts";
import { EventChannel } from "../../../../src/mock-server/store/event-channel.ts";
import type { WatchMessage } from "../../../../src/mock-server/store/event-channel.ts";
import { Lessor } from "../../../../src/mock-server/store/lessor.ts";
import { SyncLoops } from "../../../../src/mock-server/store/sync-loops.ts";
import { WatchableStore } from "../../../../src/mock-server/store/watchable-store.ts";
import type { StoreWatcher } from "../../../../src/mock-server/store/store-watcher.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

interface Stage {
  readonly store: WatchableStore;
  readonly channel: EventChannel;
  readonly put: (key?: string) => bigint;
  readonly watch: (startRevision?: bigint, watchId?: bigint) => StoreWatcher;
  /** Takes what is in the channel. */
  readonly taken: (most?: number) => WatchMessage[];
}

function stage(compatibility: Compatibility = "latest"): Stage {
  const store = new WatchableStore({ leases: new Lessor(() => 0.5), behaviour: behaviours[compatibility] });
  const channel = new EventChannel(() => undefined);
  return {
    store,
    channel,
    put: (key = "k") => {
      store.mvcc.write((txn) => {
        txn.put(Buffer.from(key), Buffer.alloc(0), 0n);
      });
      return store.mvcc.revision;
    },
    watch: (startRevision = 0n, watchId = 0n) =>
      store.watch({ watchId, span: { kind: "key", key: "k" }, startRevision, channel, without: new Set() }),
    taken: (most = Infinity) => {
      const messages: WatchMessage[] = [];
      while (messages.length < most) {
        const message = channel.take();
        if (message === undefined) break;
        messages.push(message);
      }
      return messages;
    },
  };
}

function revisionsOf(messages: readonly WatchMessage[]): bigint[] {
  return messages.flatMap(({ changes }) => changes.map(({ kv }) => kv.modRevision));
}

describe("WatchableStore", () => {
  it("holds 128 messages for a stream, then makes its watcher a victim with one batch", () => {
    const { store, channel, put, watch, taken } = stage();
    watch();
    for (let count = 0; count < 200; count++) put();
    expect(channel.size).toBe(128);
    expect(store.victimCount).toBe(1);
    expect(store.retryVictims()).toBe(0);
    expect(revisionsOf(taken())).toHaveLength(128);
    expect(store.retryVictims()).toBe(1);
    const [victim] = taken();
    expect(victim).toMatchObject({ revision: 130n }); // its own revision, not the store's
    expect(store.unsyncedCount).toBe(1);
    expect(store.syncRound()).toBe(0);
    const [rest] = taken();
    expect(rest?.revision).toBe(201n);
    expect(revisionsOf(rest === undefined ? [] : [rest])).toEqual(Array.from({ length: 71 }, (_, index) => 131n + BigInt(index)));
    put();
    expect(revisionsOf(taken())).toEqual([202n]);
  });

  it("catches up 1000 revisions a round, and says the store's revision each time", () => {
    const { store, put, watch, taken } = stage();
    for (let count = 0; count < 2_500; count++) put();
    watch(2n);
    expect(store.syncRound()).toBe(1);
    expect(store.syncRound()).toBe(1);
    expect(store.syncRound()).toBe(0);
    const messages = taken();
    expect(messages.map(({ changes, revision }) => [changes.length, revision])).toEqual([
      [1000, 2501n],
      [1000, 2501n],
      [500, 2501n],
    ]);
    expect(revisionsOf(messages)).toEqual(Array.from({ length: 2_500 }, (_, index) => 2n + BigInt(index)));
  });

  it("a batch of history that finds no room comes later, with the revision before what follows it", () => {
    const { store, channel, put, watch, taken } = stage();
    for (let count = 0; count < 1_200; count++) put();
    for (let count = 0; count < 128; count++) channel.offer({ watchId: 9n, changes: [], revision: 1n, compactRevision: 0n });
    watch(2n);
    store.syncRound();
    expect(store.victimCount).toBe(1);
    taken();
    store.retryVictims();
    expect(taken()).toMatchObject([{ revision: 1001n }]);
    expect(store.syncRound()).toBe(0);
    expect(revisionsOf(taken())).toHaveLength(200);
  });

  it("takes 512 watchers a round, and leaves none behind for ever", () => {
    const { store, put, watch } = stage();
    put();
    for (let id = 1n; id <= 1_200n; id++) watch(1n, id);
    // Only 128 messages fit; the others become victims, and all have left the unsynced after three rounds.
    expect(store.syncRound()).toBe(688);
    expect(store.syncRound()).toBe(176);
    expect(store.syncRound()).toBe(0);
  });

  it("cancels an unsynced watcher that needs what is compacted, and no other", () => {
    const { store, put, watch, taken } = stage();
    put();
    const synced = watch(0n, 1n);
    watch(2n, 2n);
    const last = put("other");
    store.mvcc.compact(last);
    store.syncRound();
    expect(taken()).toMatchObject([{ watchId: 2n, compactRevision: last, revision: 0n, changes: [] }]);
    expect(store.watcherCount).toBe(1);
    put();
    expect(taken()).toMatchObject([{ watchId: synced.watchId }]);
  });

  it("a compacted watcher whose stream is full waits to be told", () => {
    const { store, channel, put, watch, taken } = stage();
    put();
    watch(2n);
    store.mvcc.compact(put());
    for (let count = 0; count < 128; count++) channel.offer({ watchId: 9n, changes: [], revision: 1n, compactRevision: 0n });
    expect(store.syncRound()).toBe(1);
    taken();
    expect(store.syncRound()).toBe(0);
    expect(taken()).toMatchObject([{ compactRevision: 3n }]);
  });

  it("3.4.23 lets such a watcher go on with a gap", () => {
    const { store, channel, put, watch, taken } = stage("3.4.23");
    put();
    watch(2n);
    store.mvcc.compact(put());
    for (let count = 0; count < 128; count++) channel.offer({ watchId: 9n, changes: [], revision: 1n, compactRevision: 0n });
    expect(store.syncRound()).toBe(0);
    taken();
    put();
    expect(revisionsOf(taken())).toEqual([4n]);
  });

  it("3.4.23 takes a start of -1 for now while nothing is compacted", () => {
    const { store, put, watch, taken } = stage("3.4.23");
    put();
    watch(-1n);
    expect(store.syncRound()).toBe(0);
    expect(taken()).toEqual([]);
    put();
    expect(revisionsOf(taken())).toEqual([3n]);
  });

  it("says the same compaction again while 512 or more are behind, as etcd does", () => {
    const { store, put, watch, taken } = stage();
    put();
    for (let id = 1n; id <= 512n; id++) watch(2n, id);
    store.mvcc.compact(put());
    store.syncRound();
    const first = taken();
    expect(first).toHaveLength(128);
    for (let round = 0; round < 20; round++) {
      store.syncRound();
      first.push(...taken());
    }
    expect(first.length).toBeGreaterThan(512);
  });

  it("forgets a watcher wherever it stands", () => {
    const { store, put, watch } = stage();
    const [synced, unsynced] = [watch(0n, 1n), watch(1n, 2n)];
    for (let count = 0; count < 200; count++) put();
    expect(store.victimCount).toBe(1);
    store.unwatch(synced);
    store.unwatch(unsynced);
    expect(store.watcherCount).toBe(0);
    store.unwatch(synced);
  });
});

describe("SyncLoops", () => {
  it("has no timer while nobody is behind, and syncs on a grid of 100 ms", () => {
    const { store, put, watch, taken } = stage();
    const clock = new FakeClock();
    const loops = new SyncLoops(store, clock);
    clock.advance(130);
    put();
    watch();
    put();
    expect(clock.pendingTimers).toBe(0);
    taken();
    watch(2n, 1n);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(69);
    expect(taken()).toEqual([]);
    clock.advance(1);
    expect(revisionsOf(taken())).toEqual([2n, 3n]);
    expect(clock.pendingTimers).toBe(0);
    loops.stop();
  });

  it("takes a lone watcher forward every 100 ms, and tries victims every 10", () => {
    const { store, put, watch, taken } = stage();
    const clock = new FakeClock();
    const loops = new SyncLoops(store, clock);
    for (let count = 0; count < 1_500; count++) put();
    watch(2n);
    clock.advance(100);
    expect(revisionsOf(taken())).toHaveLength(1000);
    clock.advance(99);
    expect(taken()).toEqual([]);
    clock.advance(1);
    expect(revisionsOf(taken())).toHaveLength(500);
    for (let count = 0; count < 129; count++) put();
    expect(clock.pendingTimers).toBe(1);
    taken(1);
    clock.advance(10);
    expect(store.victimCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    loops.stop();
  });

  it("has no timer after stop()", () => {
    const { store, put, watch } = stage();
    const clock = new FakeClock();
    const loops = new SyncLoops(store, clock);
    put();
    watch(1n);
    loops.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
