import { expect } from "vitest";
import { span } from "../support/raw-watch.ts";
import type { RawWatch } from "../support/raw-watch.ts";
import { PROGRESS_INTERVAL_MS, scenarioFor, versionedScenarioFor } from "./scenario.ts";
import type { Scenario, ScenarioSuite } from "./scenario.ts";

const ofAll = { watchId: -1n, created: false, canceled: false, events: [] };

/** Scenarios 78 to 87. From 3.4.25 to 3.4.30 and 3.5.8 to 3.5.12 a request that found a watch behind was remembered; nothing here sees that. */
export const progress: ScenarioSuite = (server, traits) => {
  const scenario = scenarioFor(server);
  const versioned = versionedScenarioFor(server, traits);

  scenario("78, 83: progress of all says the store's revision", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created(span(key("k")));
    const revision = await etcd.put(key("other"));
    stream.progress();
    const response = await stream.next();
    expect(response).toMatchObject(ofAll);
    expect(response.header?.revision).toBe(revision);
  });
  versioned(79, "progressWaitsForAll", {
    holds: [
      "a stream without watches has no progress",
      async ({ watch }) => {
        const stream = watch();
        stream.progress();
        await stream.quiet();
      },
    ],
    before: [
      "a stream without watches has progress too",
      async ({ etcd, watch }) => {
        const stream = watch();
        stream.progress();
        const response = await stream.next();
        expect(response).toMatchObject(ofAll);
        expect(response.header?.revision).toBe(await etcd.revision());
      },
    ],
  });

  const askBeforeHistory = async ({ etcd, watch, key }: Scenario): Promise<RawWatch> => {
    const revision = await etcd.put(key("k"));
    const stream = watch();
    await stream.created({ ...span(key("k")), startRevision: revision });
    stream.progress();
    return stream;
  };
  versioned(80, "progressWaitsForAll", {
    holds: [
      "no progress before history",
      async (scene) => {
        const stream = await askBeforeHistory(scene);
        expect((await stream.next()).events).toHaveLength(1);
        stream.progress();
        expect(await stream.next()).toMatchObject(ofAll);
      },
    ],
    before: [
      "progress at once, be it before history",
      async (scene) => {
        const stream = await askBeforeHistory(scene);
        const responses = [await stream.next(), await stream.next()].sort((a, b) => a.events.length - b.events.length);
        expect(responses[0]).toMatchObject(ofAll);
        expect(responses[1]?.events).toHaveLength(1);
      },
    ],
  });
  versioned(81, "progressWaitsForStart", {
    holds: [
      "no progress below a start revision",
      async ({ etcd, watch, key }) => {
        const revision = await etcd.revision();
        const stream = watch();
        await stream.created({ ...span(key("k")), startRevision: revision + 1n });
        stream.progress();
        await stream.quiet();
        await etcd.put(key("other"));
        stream.progress();
        expect((await stream.next()).header?.revision).toBe(revision + 1n);
      },
    ],
    before: [
      "progress below a start revision",
      async ({ etcd, watch, key }) => {
        const revision = await etcd.revision();
        const stream = watch();
        await stream.created({ ...span(key("k")), startRevision: revision + 1n });
        stream.progress();
        const response = await stream.next();
        expect(response).toMatchObject(ofAll);
        expect(response.header?.revision).toBe(revision);
      },
    ],
  });

  /** Puts and asks in turn; what came, as revisions, those of progress negative. */
  const putAndAsk = async ({ etcd, watch, key }: Scenario): Promise<{ readonly came: bigint[]; readonly put: bigint[] }> => {
    const stream = watch();
    await stream.created(span(key("k")));
    const put: bigint[] = [];
    for (let round = 0; round < 20; round++) {
      put.push(...(await Promise.all([etcd.put(key("k")), etcd.put(key("k")), etcd.put(key("k"))])));
      stream.progress();
    }
    put.sort((a, b) => Number(a - b));
    const came: bigint[] = [];
    while (came.at(-1) !== -(put.at(-1) ?? 0n) || came.filter((revision) => revision > 0n).length < put.length) {
      const { events, header } = await stream.next();
      if (events.length === 0) came.push(-(header?.revision ?? 0n));
      else came.push(...events.map(({ kv }) => kv?.modRevision ?? 0n));
    }
    return { came, put };
  };
  versioned(82, "progressWaitsForAll", {
    holds: [
      "no event comes after a progress that covers it",
      async (scene) => {
        const { came, put } = await putAndAsk(scene);
        expect(came.filter((revision) => revision > 0n)).toEqual(put);
        came.forEach((progress, index) => {
          if (progress > 0n) return;
          expect(came.slice(index + 1).filter((revision) => revision > 0n && revision <= -progress)).toEqual([]);
        });
      },
    ],
    before: [
      "progress for each request, be it before events that it covers",
      async (scene) => {
        const { came, put } = await putAndAsk(scene);
        expect(came.filter((revision) => revision > 0n)).toEqual(put);
        expect(came.filter((revision) => revision < 0n).length).toBeGreaterThan(0);
      },
    ],
  });

  scenario("84, 85: progress in time, for the watch that asked for it", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true });
    await stream.created(span(key("k")));
    const revision = await etcd.revision();
    for (let count = 0; count < 2; count++) {
      const response = await stream.next(2_000);
      expect(response).toMatchObject({ watchId: 0n, events: [], created: false, canceled: false });
      expect(response.header?.revision).toBe(revision);
    }
  });
  scenario("86: events put timed progress off", async ({ etcd, watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true });
    const begunMs: number[] = [];
    const writer = { isDone: false };
    const write = async (): Promise<void> => {
      const untilMs = performance.now() + 5 * PROGRESS_INTERVAL_MS;
      while (performance.now() < untilMs) {
        begunMs.push(performance.now());
        await etcd.put(key("k"), "1");
        await new Promise((resolve) => setTimeout(resolve, PROGRESS_INTERVAL_MS / 5));
      }
      writer.isDone = true;
    };
    const written = write();
    let seen = 0;
    for (let goesOn = true; goesOn;) {
      const { events } = await stream.next(2_000);
      seen += events.length;
      if (events.length > 0) continue;
      goesOn = !writer.isDone || seen < begunMs.length;
      // A put that took long on a busy machine may have left room for a tick; the one right after an event is never used.
      const sinceEventMs = performance.now() - (begunMs[seen - 1] ?? -Infinity);
      expect(sinceEventMs).toBeGreaterThan(PROGRESS_INTERVAL_MS / 2);
    }
    await written;
  });
  scenario("87: filters do not touch progress", async ({ watch, key }) => {
    const stream = watch();
    await stream.created({ ...span(key("k")), progressNotify: true, filters: [0, 1] });
    expect((await stream.next(2_000)).events).toEqual([]);
  });
};
