import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { isClosedError, isLeaseExpiredError, isRpcError, LeaseExpiredError } from "../../../src/errors/etcd-error.ts";
import { LeaseRevokeResponse } from "../../../src/gen/rpc.ts";
import type { Timer } from "../../../src/util/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { HEADER } from "../../support/kv-harness.ts";
import { leaseHarness, type LeaseHarness, readRenewals } from "../../support/lease-harness.ts";
import { settle } from "../../support/watcher-harness.ts";

/** Nothing is left of what was kept alive: no timer, no stream, no wait for one. */
function expectNothingLeft({ clock, transport }: LeaseHarness): void {
  expect(clock.pendingTimers).toBe(0);
  expect(transport.connections.filter(({ state }) => state === "open")).toEqual([]);
  expect(transport.hangingOpens).toBe(0);
}

describe("keepAlive()", () => {
  it("sends a renewal at once, on a stream that asks for a member with a leader", async () => {
    const { lease, transport } = leaseHarness();
    lease.keepAlive(-7n);
    await settle();
    expect(transport.connection).toMatchObject({
      path: "/etcdserverpb.Lease/LeaseKeepAlive",
      metadata: { hasleader: "true" },
      renewals: [{ id: -7n, atMs: 0 }],
    });
  });

  it("renews at each third of the lease's time, whether it is read or not", async () => {
    const { lease, transport, pass } = leaseHarness();
    lease.keepAlive(1n);
    await settle();
    for (let round = 0; round < 4; round++) {
      transport.connection.answer(1n, 9);
      await pass(2_999);
      expect(transport.connection.renewals).toHaveLength(round + 1);
      await pass(1);
    }
    expect(transport.connection.times).toEqual([0, 3_000, 6_000, 9_000, 12_000]);
  });

  it("gives each answer to the loop", async () => {
    const { lease, transport, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    transport.connection.answer(1n, 9);
    await settle();
    expect(reading.answers).toMatchObject([
      { id: 1n, ttlSeconds: 9n, header: HEADER },
      { id: 1n, ttlSeconds: 9n },
    ]);
    expect(reading.outcome).toBeUndefined();
  });

  it("counts from when the renewal was sent, not from when it was answered", async () => {
    const harness = leaseHarness();
    const { lease, transport, pass } = harness;
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    await pass(2_000);
    transport.connection.answer(1n, 9);
    await pass(1_000);
    expect(transport.connection.times).toEqual([0, 3_000]);
    await pass(5_999);
    expect(reading.outcome).toBeUndefined();
    await pass(1);
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
    expectNothingLeft(harness);
  });

  it("says until when the lease lives, by when what was answered had been sent", async () => {
    const harness = leaseHarness();
    const { lease, transport, grant, pass } = harness;
    await grant(7n, 9);
    const renewals = lease.keepAlive(7n);
    expect(renewals.aliveUntilMs).toBe(9_000);
    await pass(1_000);
    transport.connection.answer(7n, 9); // of what was sent at 0
    expect(renewals.aliveUntilMs).toBe(9_000);
    await pass(3_000);
    transport.connection.answer(7n, 9); // of what was sent at 3,000
    expect(renewals.aliveUntilMs).toBe(12_000);
    await pass(9_000);
    expect(renewals.aliveUntilMs).toBe(-Infinity);
    await expect(renewals.next()).resolves.toMatchObject({ done: false });
    await expect(renewals.next()).rejects.toSatisfy(isLeaseExpiredError);
    expect(lease.keepAlive(8n).aliveUntilMs).toBe(Infinity);
    expect(lease.keepAlive(8n, { signal: AbortSignal.abort() }).aliveUntilMs).toBe(-Infinity);
    await lease.close();
    expectNothingLeft(harness);
  });

  it("goes by the time that the last answer gave", async () => {
    const { lease, transport, pass } = leaseHarness();
    lease.keepAlive(1n);
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    transport.connection.answer(1n, 60);
    await pass(20_000);
    expect(transport.connection.times).toEqual([0, 3_000, 23_000]);
  });

  it("does not send a second renewal before the first one is answered", async () => {
    const { lease, transport, pass, grant } = leaseHarness();
    await grant(1n, 60);
    lease.keepAlive(1n);
    await pass(59_000);
    expect(transport.connection.times).toEqual([0]);
  });

  it("ends with LeaseExpiredError when the server says that the lease has no time left", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const reading = readRenewals(lease.keepAlive(5n));
    await settle();
    transport.connection.answer(5n, 0);
    await settle();
    expect(reading).toEqual({ answers: [], outcome: new LeaseExpiredError({ leaseId: 5n }) });
    expectNothingLeft(harness);
  });

  it("waits for the first answer of a lease that it knows nothing of", async () => {
    const { lease, transport, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await pass(86_400_000);
    expect(reading.outcome).toBeUndefined();
    transport.connection.answer(1n, 100_000);
    await settle();
    expect(reading.answers).toHaveLength(1);
  });

  it("gives up a lease that this client was granted when its time is over", async () => {
    const harness = leaseHarness();
    const { lease, transport, grant, pass } = harness;
    transport.isReachable = false;
    await grant(1n, 9);
    await pass(4_000);
    const reading = readRenewals(lease.keepAlive(1n));
    await pass(4_999);
    expect(reading.outcome).toBeUndefined();
    await pass(1);
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
    expectNothingLeft(harness);
  });

  it("asks the server about a lease whose time is over: somebody else may have kept it alive", async () => {
    const { lease, transport, grant, pass } = leaseHarness();
    await grant(1n, 9);
    await pass(9_000);
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    await settle();
    expect(reading).toMatchObject({ answers: [{ id: 1n }], outcome: undefined });
  });

  it("remembers the time of a lease that was let go", async () => {
    const { lease, transport, grant, pass } = leaseHarness();
    await grant(1n, 9);
    const first = lease.keepAlive(1n);
    await pass(5_000);
    transport.connection.answer(1n, 9);
    await pass(3_000); // what was answered at 5,000 had been sent at 0, so 1,000 ms are left
    await first.return();
    transport.isReachable = false;
    const reading = readRenewals(lease.keepAlive(1n));
    await pass(999);
    expect(reading.outcome).toBeUndefined();
    await pass(1);
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
  });

  it("is not confused by timers that are capped: a lease may live for 285 years", async () => {
    class CappedClock extends FakeClock {
      override setTimer(delayMs: number, callback: () => void): Timer {
        return super.setTimer(Math.min(delayMs, 2 ** 31 - 1), callback);
      }
    }
    const { lease, transport, pass } = leaseHarness({ clock: new CappedClock() });
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9_000_000_000);
    await pass(86_400_000 * 365);
    expect(transport.connection.times).toEqual([0]);
    expect(reading.outcome).toBeUndefined();
  });

  it("renews at once when its timer is late, and gives up when it is too late", async () => {
    const { lease, transport, clock, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    clock.jump(8_000);
    await pass(0);
    expect(transport.connection.times).toEqual([0, 8_000]);
    transport.connection.answer(1n, 9);
    clock.jump(9_000);
    await pass(0);
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
  });

  it("ignores an answer that is told twice, and one about a lease that nobody keeps alive", async () => {
    const { lease, transport, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    await pass(1_000);
    transport.connection.answer(1n, 9);
    transport.connection.answer(2n, 9);
    await pass(2_000);
    expect(reading.answers).toHaveLength(1);
    expect(transport.connection.times).toEqual([0, 3_000]);
  });
});

describe("The stream of keep-alives", () => {
  it("is one for all leases, each with its own rhythm", async () => {
    const { lease, transport, pass } = leaseHarness();
    for (const id of [1n, 2n, 3n]) lease.keepAlive(id);
    await settle();
    for (const [id, ttlSeconds] of [
      [1n, 3],
      [2n, 6],
      [3n, 30],
    ] as const) {
      transport.connection.answer(id, ttlSeconds);
    }
    for (let second = 1; second <= 4; second++) {
      await pass(1_000);
      transport.connection.answer(1n, 3);
      if (second % 2 === 0) transport.connection.answer(2n, 6);
    }
    expect(transport.opens).toBe(1);
    const timesOf = (wanted: bigint): number[] => transport.connection.renewals.filter(({ id }) => id === wanted).map(({ atMs }) => atMs);
    expect(timesOf(1n)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(timesOf(2n)).toEqual([0, 2_000, 4_000]);
    expect(timesOf(3n)).toEqual([0]);
  });

  it("is reset when the last lease has left, and opened anew for the next one", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const [one, two] = [lease.keepAlive(1n), lease.keepAlive(2n)];
    await settle();
    for (const id of [1n, 2n]) transport.connection.answer(id, 9);
    await one.return();
    expect(transport.connection.state).toBe("open");
    await two.return();
    expect(transport.connection.state).toBe("cancelled");
    expectNothingLeft(harness);

    lease.keepAlive(1n);
    await settle();
    expect(transport.connections).toHaveLength(2);
    expect(transport.connection.renewals).toMatchObject([{ id: 1n }]);
  });

  it("is opened anew for a lease that comes in the moment in which the last one leaves", async () => {
    const { lease, transport } = leaseHarness();
    const first = lease.keepAlive(1n);
    await settle();
    transport.connection.answer(1n, 9);
    void first.return();
    const reading = readRenewals(lease.keepAlive(2n));
    await settle();
    expect(transport.connections.map(({ state }) => state)).toEqual(["cancelled", "open"]);
    transport.connection.answer(2n, 9);
    await settle();
    expect(reading).toMatchObject({ answers: [{ id: 2n }], outcome: undefined });
  });

  it("carries the renewals of a lease once, however many read them", async () => {
    const harness = leaseHarness();
    const { lease, transport, pass } = harness;
    const leaving = new AbortController();
    const first = readRenewals(lease.keepAlive(1n));
    const second = readRenewals(lease.keepAlive(1, { signal: leaving.signal }));
    await settle();
    transport.connection.answer(1n, 9);
    await settle();
    leaving.abort();
    await pass(3_000);
    transport.connection.answer(1n, 9);
    await settle();
    expect(transport.connection.renewals).toHaveLength(2);
    expect([first.answers.length, second.answers.length]).toEqual([2, 1]);
    expect([first.outcome, second.outcome]).toEqual([undefined, "quietly"]);
    transport.connection.answer(1n, 0);
    await settle();
    expect(first.outcome).toSatisfy(isLeaseExpiredError);
    expectNothingLeft(harness);
  });

  it("takes the answer to what a lease had asked before it left for what it is when the lease has come back", async () => {
    const { lease, transport, pass } = leaseHarness();
    lease.keepAlive(9n); // keeps the stream open
    const first = lease.keepAlive(1n);
    await settle();
    await first.return();
    await pass(2_000);
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    expect(transport.connection.renewals.filter(({ id }) => id === 1n)).toHaveLength(1);
    transport.connection.answer(1n, 9); // sent at 0
    await pass(1_000);
    expect(transport.connection.renewals.at(-1)).toEqual({ id: 1n, atMs: 3_000 });
    await pass(6_000);
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
  });

  it("is opened again when it broke, and sends what had no answer and what has become due", async () => {
    const { lease, transport, pass, log } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    lease.keepAlive(2n);
    lease.keepAlive(3n);
    await settle();
    transport.connection.answer(1n, 9);
    transport.connection.answer(2n, 90);
    await pass(1_000);
    transport.connection.end();
    await pass(0);
    expect(transport.connections).toHaveLength(2);
    expect(transport.connection.renewals).toEqual([{ id: 3n, atMs: 1_000 }]); // the others were answered, and have time
    await pass(2_000);
    expect(transport.connection.renewals).toEqual([
      { id: 3n, atMs: 1_000 },
      { id: 1n, atMs: 3_000 },
    ]);
    transport.connection.answer(1n, 9);
    await pass(0);
    expect(reading).toMatchObject({ answers: [{ id: 1n }, { id: 1n }], outcome: undefined });
    expect(log).toEqual(["debug: The keep-alive stream broke; it is opened again"]);
  });

  it("keeps a lease that is renewed again in the last moment", async () => {
    const { lease, transport, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    transport.connection.end();
    await pass(0);
    await pass(5_999);
    transport.connection.answer(1n, 9); // to what was sent at 3,000, when it was opened again
    await pass(1);
    expect(reading.outcome).toBeUndefined();
    expect(transport.connection.times).toEqual([3_000, 8_999]);
  });

  it("[161] leaves an endpoint that does not answer while there is time for another one, if there is another one", async () => {
    const { lease, transport, pass } = leaseHarness();
    transport.endpoints.push("two:2379");
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    await pass(2_999);
    expect(transport.connections.map(({ state }) => state)).toEqual(["open"]);
    await pass(1); // half of the 6,000 ms that were left
    await pass(0);
    expect(transport.connections.map(({ state, isBlamed }) => ({ state, isBlamed }))).toEqual([
      { state: "cancelled", isBlamed: true },
      { state: "open", isBlamed: false },
    ]);
    expect(transport.connection.times).toEqual([6_000]);
    await pass(1_000);
    transport.connection.answer(1n, 9);
    await settle();
    expect(reading).toMatchObject({ answers: [{ id: 1n }, { id: 1n }], outcome: undefined });
  });

  it("[161] leaves an endpoint that never answers for a lease of which nothing is known", async () => {
    const { lease, transport, pass } = leaseHarness();
    transport.endpoints.push("two:2379");
    const reading = readRenewals(lease.keepAlive(1n));
    await pass(4_999);
    expect(transport.connections).toHaveLength(1);
    await pass(1);
    await pass(0);
    expect(transport.connections).toHaveLength(2);
    expect(reading.outcome).toBeUndefined();
  });

  it("loses a lease that it cannot renew in time, and stops trying", async () => {
    const harness = leaseHarness();
    const { lease, transport, pass } = harness;
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    transport.isReachable = false;
    transport.connection.end();
    await pass(8_999);
    expect(reading.outcome).toBeUndefined();
    expect(transport.hangingOpens).toBe(1);
    await pass(1);
    await settle();
    expect(reading.outcome).toEqual(new LeaseExpiredError({ leaseId: 1n }));
    expectNothingLeft(harness);
    await pass(60_000);
    expect(transport.opens).toBe(2);
  });

  it("is opened again at once, then after longer and longer delays, until an answer comes", async () => {
    const { lease, transport, pass, clock } = leaseHarness({ backoff: { baseMs: 20, maxMs: 50, random: () => 1 } });
    lease.keepAlive(1n);
    await settle();
    const openedAtMs: number[] = [];
    for (let round = 0; round < 6; round++) {
      transport.connection.end();
      const before = transport.opens;
      await pass(0);
      while (transport.opens === before) await pass(1);
      openedAtMs.push(clock.nowMs());
      if (round === 3) transport.connection.answer(1n, 1);
    }
    expect(openedAtMs).toEqual([0, 20, 60, 110, 110, 130]);
  });

  it("is opened again after a message that is none", async () => {
    const { lease, transport, pass } = leaseHarness();
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.sendBytes(Buffer.from([0xff, 0xff, 0xff]));
    await pass(0);
    expect(transport.connections.map(({ state }) => state)).toEqual(["cancelled", "open"]);
    transport.connection.answer(1n, 9);
    await pass(0);
    expect(reading.answers).toHaveLength(1);
  });

  it("ends every lease with what no retry can cure", async () => {
    const harness = leaseHarness();
    const { lease, transport, log } = harness;
    const readings = [1n, 2n].map((id) => readRenewals(lease.keepAlive(id)));
    await settle();
    transport.connection.end("PERMISSION_DENIED", "etcdserver: permission denied");
    await settle();
    for (const { outcome } of readings) {
      expect(outcome).toSatisfy(isRpcError);
      expect(outcome).toMatchObject({ code: "PERMISSION_DENIED" });
    }
    expectNothingLeft(harness);
    expect(log).toEqual(["error: The keep-alive stream has ended for good"]);
  });

  it("ends with FAILED_PRECONDITION only when every endpoint says so", async () => {
    const harness = leaseHarness();
    const { lease, transport, pass } = harness;
    transport.endpoints.push("two:2379");
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    for (let round = 0; round < 2; round++) {
      expect(reading.outcome).toBeUndefined();
      transport.connection.end("FAILED_PRECONDITION", "etcdserver: rpc not supported for learner");
      await pass(0);
    }
    expect(reading.outcome).toMatchObject({ code: "FAILED_PRECONDITION" });
    expectNothingLeft(harness);
  });
});

describe("The loop over the renewals", () => {
  it("ends quietly on abort, and takes its listener away", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const controller = new AbortController();
    const reading = readRenewals(lease.keepAlive(1n, { signal: controller.signal }));
    await settle();
    transport.connection.answer(1n, 9);
    await settle();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    await settle();
    expect(reading).toMatchObject({ answers: [{ id: 1n }], outcome: "quietly" });
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    expectNothingLeft(harness);
  });

  it("takes its listener away when the lease has expired", async () => {
    const { lease, transport } = leaseHarness();
    const controller = new AbortController();
    const reading = readRenewals(lease.keepAlive(1n, { signal: controller.signal }));
    await settle();
    transport.connection.answer(1n, 0);
    await settle();
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("is over at once with a signal that is aborted already: nothing is sent", async () => {
    const harness = leaseHarness();
    const reading = readRenewals(harness.lease.keepAlive(1n, { signal: AbortSignal.abort() }));
    await settle();
    expect(reading).toEqual({ answers: [], outcome: "quietly" });
    expect(harness.transport.opens).toBe(0);
    expectNothingLeft(harness);
  });

  it("can be aborted while no server is there, and while a delay runs", async () => {
    const harness = leaseHarness({ backoff: { baseMs: 1_000, random: () => 1 } });
    const { lease, transport, pass } = harness;
    transport.isReachable = false;
    const first = new AbortController();
    const opening = readRenewals(lease.keepAlive(1n, { signal: first.signal }));
    await settle();
    first.abort();
    await settle();
    expect(opening.outcome).toBe("quietly");
    expectNothingLeft(harness);

    transport.isReachable = true;
    const second = new AbortController();
    const backingOff = readRenewals(lease.keepAlive(1n, { signal: second.signal }));
    await settle();
    for (let round = 0; round < 2; round++) {
      transport.connection.end();
      await pass(0);
    }
    expect(harness.clock.pendingTimers).toBe(2); // the delay, and from when on a renewal is late
    second.abort();
    await settle();
    expect(backingOff.outcome).toBe("quietly");
    expectNothingLeft(harness);
  });

  it("is left by break: the lease is renewed no more", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const read = (async () => {
      for await (const { ttlSeconds } of lease.keepAlive(1n)) return ttlSeconds;
      return undefined;
    })();
    await settle();
    transport.connection.answer(1n, 9);
    expect(await read).toBe(9n);
    expectNothingLeft(harness);
  });

  it("is left by disposing of it", async () => {
    const harness = leaseHarness();
    {
      await using renewals = harness.lease.keepAlive(1n);
      await settle();
      expect(harness.transport.connection.state).toBe("open");
      expect(renewals[Symbol.asyncIterator]()).toBe(renewals);
    }
    expectNothingLeft(harness);
  });

  it("gives one that comes late the newest answer, and then the error", async () => {
    const { lease, transport, pass } = leaseHarness();
    const renewals = lease.keepAlive(1n);
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    transport.connection.answer(1n, 30);
    await pass(10_000);
    transport.connection.answer(1n, 0);
    await settle();
    expect(await renewals.next()).toMatchObject({ done: false, value: { ttlSeconds: 30n } });
    await expect(renewals.next()).rejects.toSatisfy(isLeaseExpiredError);
    expect(await renewals.next()).toEqual({ done: true, value: undefined });
  });

  it("hands nothing over after it was left", async () => {
    const { lease, transport } = leaseHarness();
    const controller = new AbortController();
    const aborted = lease.keepAlive(1n, { signal: controller.signal });
    const expired = lease.keepAlive(1n);
    await settle();
    transport.connection.answer(1n, 9);
    controller.abort();
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
    transport.connection.answer(1n, 0);
    await expired.return();
    expect(await expired.next()).toEqual({ done: true, value: undefined });
  });

  it("answers those who ask ahead in their order, the error goes to the first of them", async () => {
    const { lease, transport, pass } = leaseHarness();
    const renewals = lease.keepAlive(1n);
    const asked = Promise.allSettled([renewals.next(), renewals.next(), renewals.next(), renewals.next()]);
    await settle();
    transport.connection.answer(1n, 9);
    await pass(3_000);
    transport.connection.answer(1n, 30);
    await pass(10_000);
    transport.connection.answer(1n, 0);
    expect(await asked).toMatchObject([
      { value: { done: false, value: { ttlSeconds: 9n } } },
      { value: { done: false, value: { ttlSeconds: 30n } } },
      { status: "rejected", reason: { code: "LEASE_EXPIRED" } },
      { value: { done: true } },
    ]);
  });

  it("ends with LeaseExpiredError as soon as the lease is revoked through the same client", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const reading = readRenewals(lease.keepAlive(1n));
    await settle();
    transport.connection.answer(1n, 9);
    const revoked = lease.revoke(1n);
    transport.onlyCall.answer(LeaseRevokeResponse.encode({ header: HEADER }).finish());
    await revoked;
    await settle();
    expect(reading.outcome).toSatisfy(isLeaseExpiredError);
    expectNothingLeft(harness);
  });

  it("ends quietly when the client is closed, and with ClosedError from then on", async () => {
    const harness = leaseHarness();
    const { lease, transport } = harness;
    const readings = [1n, 2n].map((id) => readRenewals(lease.keepAlive(id)));
    await settle();
    transport.connection.answer(1n, 9);
    await lease.close();
    await lease.close();
    await settle();
    expect(readings.map(({ outcome }) => outcome)).toEqual(["quietly", "quietly"]);
    expectNothingLeft(harness);

    const late = readRenewals(lease.keepAlive(1n));
    await settle();
    expect(late.outcome).toSatisfy(isClosedError);
    expect(transport.opens).toBe(1);
  });
});
