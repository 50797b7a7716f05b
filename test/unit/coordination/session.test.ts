import { describe, expect, it } from "vitest";
import { Session } from "../../../src/coordination/session.ts";
import { isClosedError, isLeaseExpiredError } from "../../../src/errors/etcd-error.ts";
import { LeaseGrantResponse, LeaseRevokeResponse } from "../../../src/gen/rpc.ts";
import { silentLogger } from "../../../src/util/logger.ts";
import { type WatcherHost, watcherHost } from "../../../src/watch/watcher-host.ts";
import { HEADER } from "../../support/kv-harness.ts";
import { leaseHarness, type LeaseHarness } from "../../support/lease-harness.ts";
import { settle } from "../../support/watcher-harness.ts";

const ID = 7n;

/** A session over a lease that the server grants for so many seconds, `answerAfterMs` after it was asked. */
async function open({ ttlSeconds = 15, marginMs, answerAfterMs = 0 }: { ttlSeconds?: number; marginMs?: number; answerAfterMs?: number }) {
  const harness = leaseHarness();
  const { lease, clock, transport, pass } = harness;
  const client = { lease, [watcherHost]: { clock, logger: silentLogger } as unknown as WatcherHost };
  const opening = Session.open(client, { ttlSeconds, marginMs, signal: new AbortController().signal });
  await pass(answerAfterMs);
  transport.calls.at(-1)?.answer(LeaseGrantResponse.encode({ header: HEADER, ID, TTL: BigInt(ttlSeconds), error: "" }).finish());
  const session = await opening;
  await settle();
  return { ...harness, session };
}

function renew({ transport }: Pick<LeaseHarness, "transport">, ttlSeconds: number): void {
  transport.connection.answer(ID, ttlSeconds);
}

describe("Session", () => {
  it("[rule 21] is over a fifth of the lease's time before that ends, counted from when the grant was sent", async () => {
    const { session, pass } = await open({ ttlSeconds: 15, answerAfterMs: 1_000 });
    await pass(10_999);
    expect(session.isAlive).toBe(true);
    expect(session.signal.aborted).toBe(false);
    await pass(1);
    expect(session.signal.reason).toSatisfy(isLeaseExpiredError);
    expect(session.isAlive).toBe(false);
  });

  it("[rule 21] counts from when the renewal that was answered had been sent", async () => {
    const harness = await open({ ttlSeconds: 15, marginMs: 5_000 });
    const { session, pass } = harness;
    await pass(4_000);
    renew(harness, 15); // of what was sent at 0
    await pass(1_000); // the next one is sent
    await pass(4_000);
    renew(harness, 15); // of what was sent at 5,000: the lease lives until 20,000
    await pass(5_999);
    expect(session.signal.aborted).toBe(false);
    await pass(1);
    expect(session.signal.reason).toSatisfy(isLeaseExpiredError);
  });

  it("knows by the clock that it is over while its timer is late, as in a process that was stopped", async () => {
    const { session, clock } = await open({ ttlSeconds: 15 });
    clock.jump(11_999);
    expect(session.isAlive).toBe(true);
    clock.jump(1);
    expect(session.signal.aborted).toBe(false);
    expect(session.isAlive).toBe(false);
    expect(session.signal.reason).toSatisfy(isLeaseExpiredError);
  });

  it("is not brought back by an answer that came while the process was stopped", async () => {
    const harness = await open({ ttlSeconds: 15 });
    harness.clock.jump(20_000);
    renew(harness, 15);
    await settle();
    expect(harness.session.isAlive).toBe(false);
  });

  it("is over when the server says that the lease is gone, and when no renewal is possible", async () => {
    const gone = await open({});
    renew(gone, 0);
    await settle();
    expect(gone.session.signal.reason).toSatisfy(isLeaseExpiredError);

    const refused = await open({});
    refused.transport.connection.end("PERMISSION_DENIED", "no");
    await settle();
    expect(refused.session.signal.reason).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("is over at once if the grant took longer to be answered than the lease lives", async () => {
    const { session } = await open({ ttlSeconds: 2, answerAfterMs: 2_500 });
    expect(session.signal.reason).toSatisfy(isLeaseExpiredError);
  });

  it("gives the lease up at its end, and does not mind if it cannot", async () => {
    const { session, transport, clock } = await open({});
    const ended = session.end();
    expect(session.signal.reason).toSatisfy(isClosedError);
    await settle();
    expect(transport.calls.at(-1)?.path).toBe("/etcdserverpb.Lease/LeaseRevoke");
    transport.calls.at(-1)?.answer(LeaseRevokeResponse.encode({ header: HEADER }).finish());
    await ended;
    expect(session.end()).toBe(session.end());
    expect(clock.pendingTimers).toBe(0);

    const other = await open({});
    const failed = other.session.end();
    await settle();
    other.transport.calls.at(-1)?.fail("NOT_FOUND", "no such lease");
    await failed;
    expect(other.clock.pendingTimers).toBe(0);
  });
});
