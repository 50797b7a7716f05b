import { Metadata } from "@grpc/grpc-js";
import { expect, it, onTestFinished, vi } from "vitest";
import { MockEtcdServer } from "../../../src/mock-server/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { failure, RawEtcd } from "./support/raw-etcd.ts";
import { span } from "./support/raw-watch.ts";

async function started(): Promise<{ clock: FakeClock; server: MockEtcdServer; etcd: RawEtcd }> {
  const clock = new FakeClock();
  const server = await MockEtcdServer.start({ clock });
  const etcd = new RawEtcd(server.endpoint);
  onTestFinished(async () => {
    etcd.close();
    await server.stop();
  });
  return { clock, server, etcd };
}

it("a call that is delayed when the server stops does nothing and leaves no timer", async () => {
  const { clock, server, etcd } = await started();
  server.faults.delay({ delayMs: 1_000 });
  const grant = failure(etcd.call("Lease", "leaseGrant", { TTL: 10n }));
  const put = failure(etcd.put("k"));
  await vi.waitUntil(() => clock.pendingTimers === 2);
  await server.stop();
  expect(clock.pendingTimers).toBe(0);
  clock.advance(10_000);
  expect([await grant, await put]).toEqual([expect.stringMatching(/^14 /), expect.stringMatching(/^14 /)]);
  expect(server.revision).toBe(1n);
  expect(clock.pendingTimers).toBe(0);
});

it("a delay goes on after a restart", async () => {
  const { clock, server } = await started();
  server.faults.delay({ method: "Put", delayMs: 1_000 });
  await server.restart();
  const etcd = new RawEtcd(server.endpoint);
  const put = etcd.put("k");
  await vi.waitUntil(() => clock.pendingTimers === 1);
  clock.advance(1_000);
  expect(await put).toBe(2n);
  etcd.close();
});

it("a server that stops without a leader leaves no timer, and has none after a restart either", async () => {
  const { clock, server, etcd } = await started();
  const asking = new Metadata();
  asking.set("hasleader", "true");
  await etcd.watch(asking).created(span("k"));
  server.faults.loseLeader();
  const put = failure(etcd.put("k"));
  await vi.waitUntil(() => server.metrics.requests["Put"] === 1);
  await server.stop();
  expect(clock.pendingTimers).toBe(0);
  expect(await put).toMatch(/^14 /);
  await server.restart();
  const again = new RawEtcd(server.endpoint);
  onTestFinished(() => {
    again.close();
  });
  const late = again.put("k");
  await vi.waitUntil(() => clock.pendingTimers === 1);
  server.faults.electLeader();
  expect(await late).toBe(2n);
});

it("a server that stops while its connections have time to go leaves no timer, nor do leases and watches", async () => {
  const { clock, server, etcd } = await started();
  const { ID } = await etcd.call("Lease", "leaseGrant", { TTL: 10n });
  await etcd.put("k", "", { lease: ID });
  const watch = etcd.watch();
  await watch.created({ ...span("k"), progressNotify: true });
  await watch.created({ ...span("k"), startRevision: 1n });
  server.faults.goAway({ graceMs: 60_000 });
  expect(clock.pendingTimers).toBeGreaterThan(3);
  await server.stop();
  expect(clock.pendingTimers).toBe(0);
  expect(server.metrics).toMatchObject({ connections: 0, streams: 0, watchers: 0 });
});
