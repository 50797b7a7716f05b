import { credentials, Metadata } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { MockEtcdServer } from "../../../src/mock-server/index.ts";
import type { MockEtcdServerOptions } from "../../../src/mock-server/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { failure, RawEtcd } from "./support/raw-etcd.ts";
import { eventsOf, span } from "./support/raw-watch.ts";
import { testCertificate } from "./support/test-certificate.ts";

interface Started {
  readonly server: MockEtcdServer;
  readonly etcd: RawEtcd;
}

async function started(options?: MockEtcdServerOptions, token?: string): Promise<Started> {
  const server = await MockEtcdServer.start(options);
  const etcd = new RawEtcd(server.endpoint, { ...(token !== undefined && { token }) });
  onTestFinished(async () => {
    etcd.close();
    await server.stop();
  });
  return { server, etcd };
}

describe("MockEtcdServer", () => {
  it("drops its streams when it stops, and has the same port, data and ids after a restart, one term later", async () => {
    const { server, etcd } = await started();
    const { port } = server;
    await etcd.put("k", "1");
    const before = (await etcd.call("KV", "range", span("k"))).header;
    const watch = etcd.watch();
    await watch.created(span("k"));
    await server.stop();
    expect(await watch.ended).toMatchObject({ code: 14 });
    expect(server.metrics).toMatchObject({ watchers: 0, streams: 0, connections: 0 });
    await server.restart();
    expect(server.port).toBe(port);
    const again = new RawEtcd(server.endpoint);
    const { kvs, header } = await again.call("KV", "range", span("k"));
    expect(kvs).toHaveLength(1);
    expect(header).toEqual({ ...before, raftTerm: (before?.raftTerm ?? 0n) + 1n });
    const resumed = again.watch();
    await resumed.created({ ...span("k"), startRevision: 2n });
    expect(await resumed.events(1)).toEqual(["PUT k=1"]);
    again.close();
  });

  it("counts what goes on", async () => {
    const { server, etcd } = await started();
    await etcd.put("a");
    await etcd.put("b");
    const watch = etcd.watch();
    await watch.created(span("a"));
    expect(server.metrics).toMatchObject({ connections: 1, streams: 1, watchers: 1, connectionsAccepted: 1 });
    expect(server.metrics.requests).toEqual({ Put: 2, Watch: 1, "Watch.create": 1 });
    expect(server.metrics.bytesReceived).toBeGreaterThan(100);
    expect(server.metrics.bytesSent).toBeGreaterThan(100);
    watch.close();
    await vi.waitUntil(() => server.metrics.streams === 0 && server.metrics.watchers === 0);
  });

  it("has the same ids for the same seed", async () => {
    const [first, second, other] = [await started({ seed: 5 }), await started({ seed: 5 }), await started({ seed: 6 })];
    const ids = await Promise.all([first, second, other].map(async ({ etcd }) => (await etcd.call("KV", "range", span("k"))).header));
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]?.clusterId).not.toBe(ids[2]?.clusterId);
    expect(ids[0]?.clusterId).toBeGreaterThan(2n ** 53n);
  });

  it("speaks TLS", async () => {
    const server = await MockEtcdServer.start({ tls: testCertificate });
    const etcd = new RawEtcd(server.endpoint, { channel: credentials.createSsl(Buffer.from(testCertificate.cert)) });
    onTestFinished(async () => {
      etcd.close();
      await server.stop();
    });
    expect(server.url).toMatch(/^https:/);
    const watch = etcd.watch();
    await watch.created(span("k"));
    await etcd.put("k", "x".repeat(1_000_000));
    expect((await watch.next()).events).toHaveLength(1);
    server.faults.dropConnections();
    expect(await watch.ended).toMatchObject({ code: 14 });
  });

  it("takes authentication as an option", async () => {
    const { server, etcd } = await started({ auth: { rootPassword: "pw" } });
    expect(await failure(etcd.put("k"))).toBe("3 etcdserver: user name is empty");
    const { token } = await etcd.call("Auth", "authenticate", { name: "root", password: "pw" });
    const root = new RawEtcd(server.endpoint, { token });
    await root.put("k");
    root.close();
  });

  it("forgets a token that nobody uses for its time, and keeps one that is used", async () => {
    const clock = new FakeClock();
    const { server, etcd } = await started({ auth: { rootPassword: "pw" }, clock });
    const { token } = await etcd.call("Auth", "authenticate", { name: "root", password: "pw" });
    const root = new RawEtcd(server.endpoint, { token });
    for (let use = 0; use < 3; use++) {
      clock.advance(299_000);
      await root.put("k");
    }
    clock.advance(300_000);
    expect(await failure(root.put("k"))).toBe("16 etcdserver: invalid auth token");
    root.close();
  });

  it("ends leases on its clock, and gives them their time again after a restart", async () => {
    const clock = new FakeClock();
    const { server, etcd } = await started({ clock });
    const { ID } = await etcd.call("Lease", "leaseGrant", { TTL: 10n });
    await etcd.put("k", "", { lease: ID });
    clock.advance(9_900);
    await server.restart();
    const again = new RawEtcd(server.endpoint);
    onTestFinished(() => {
      again.close();
    });
    clock.advance(9_900);
    expect((await again.call("KV", "range", span("k"))).count).toBe(1n);
    clock.advance(600);
    expect((await again.call("KV", "range", span("k"))).count).toBe(0n);
    expect((await again.call("Lease", "leaseLeases", {})).leases).toEqual([]);
  });

  it("shows an option that makes no sense", async () => {
    await expect(MockEtcdServer.start({ maxTxnOps: -1 })).rejects.toThrow("maxTxnOps must be above 0, got -1");
    await expect(MockEtcdServer.start({ port: 70_000 })).rejects.toThrow("70000");
  });
});

describe("MockEtcdServer.faults", () => {
  it("dropConnections() ends streams, and clients may come back", async () => {
    const { server, etcd } = await started();
    const watch = etcd.watch();
    await watch.created(span("k"));
    server.faults.dropConnections();
    expect(await watch.ended).toMatchObject({ code: 14 });
    await vi.waitUntil(() => server.metrics.watchers === 0);
    const again = new RawEtcd(server.endpoint);
    await again.put("k");
    again.close();
  });

  it("refuseConnections() leaves those that stand alone", async () => {
    const { server, etcd } = await started();
    await etcd.put("k");
    server.faults.refuseConnections();
    const other = new RawEtcd(server.endpoint);
    expect(await failure(other.put("k"))).toMatch(/^14 /);
    await etcd.put("k");
    other.close();
    server.faults.acceptConnections();
    const welcome = new RawEtcd(server.endpoint);
    await welcome.put("k");
    welcome.close();
  });

  it("pause() holds everything back and resume() hands it on", async () => {
    const { server, etcd } = await started();
    const watch = etcd.watch();
    await watch.created(span("k"));
    server.faults.pause();
    const put = etcd.put("k", "1");
    await watch.quiet(40);
    expect(server.revision).toBe(1n);
    server.faults.resume();
    expect(await put).toBe(2n);
    expect(await watch.events(1)).toEqual(["PUT k=1"]);
  });

  it("failNext() fails a call before the work, or after it", async () => {
    const { server, etcd } = await started();
    server.faults.failNext({ method: "Put", code: "UNAVAILABLE", message: "etcdserver: leader changed" });
    expect(await failure(etcd.put("k"))).toBe("14 etcdserver: leader changed");
    expect(server.revision).toBe(1n);
    server.faults.failNext({ applied: true, times: 2 });
    expect(await failure(etcd.put("k"))).toMatch(/^14 /);
    expect(await failure(etcd.put("k"))).toMatch(/^14 /);
    expect(await etcd.put("k")).toBe(4n);
    server.faults.failNext({ method: "Watch", code: "RESOURCE_EXHAUSTED" });
    const watch = etcd.watch();
    watch.create(span("k"));
    expect(await watch.ended).toMatchObject({ code: 8 });
  });

  it("delay() lets calls wait on the server's clock", async () => {
    const clock = new FakeClock();
    const { server, etcd } = await started({ clock });
    const end = server.faults.delay({ method: "Put", delayMs: 5_000 });
    const put = etcd.put("k");
    expect(await etcd.revision()).toBe(1n);
    await vi.waitUntil(() => clock.pendingTimers === 1);
    clock.advance(5_000);
    expect(await put).toBe(2n);
    end();
    expect(await etcd.put("k")).toBe(3n);
  });

  it("goAway() lets open streams finish, for a while, and takes new connections", async () => {
    const clock = new FakeClock();
    const { server, etcd } = await started({ clock });
    const watch = etcd.watch();
    await watch.created(span("k"));
    server.faults.goAway({ graceMs: 7_000 });
    await vi.waitUntil(async () => {
      await etcd.put("k");
      return server.metrics.connectionsAccepted === 2;
    });
    expect(eventsOf(await watch.next())).toEqual(["PUT k="]);
    clock.advance(7_000);
    expect(await watch.ended).toMatchObject({ code: 14 });
    await etcd.put("k");
  });

  it("loseLeader() fails those who ask for a leader, and times the others out", async () => {
    const clock = new FakeClock();
    const { server, etcd } = await started({ clock });
    const asking = new Metadata();
    asking.set("hasleader", "true");
    const [plain, careful] = [etcd.watch(), etcd.watch(asking)];
    await plain.created(span("k"));
    await careful.created(span("k"));
    const timers = clock.pendingTimers;
    server.faults.loseLeader();
    const put = failure(etcd.put("k"));
    await vi.waitUntil(() => clock.pendingTimers === timers + 2);
    clock.advance(3_000);
    expect(await careful.ended).toMatchObject({ code: 14, details: "etcdserver: no leader" });
    clock.advance(4_000);
    expect(await put).toBe("14 etcdserver: request timed out");
    const late = etcd.put("k", "late");
    await vi.waitUntil(() => server.metrics.requests["Put"] === 2);
    server.faults.electLeader();
    await late;
    expect(await plain.events(1)).toEqual(["PUT k=late"]);
  });

  it("changeClusterId() answers as another cluster", async () => {
    const { server, etcd } = await started();
    const before = (await etcd.call("KV", "range", span("k"))).header;
    server.faults.changeClusterId();
    const again = new RawEtcd(server.endpoint);
    const after = (await again.call("KV", "range", span("k"))).header;
    again.close();
    expect(after).toEqual({ ...before, clusterId: after?.clusterId });
    expect(after?.clusterId).not.toBe(before?.clusterId);
  });

  it("rollBack() takes the store to a past revision, and no watch sees it happen", async () => {
    const { server, etcd } = await started();
    await etcd.put("k", "1");
    await etcd.put("k", "2");
    const watch = etcd.watch();
    await watch.created(span("k"));
    server.faults.rollBack(2n);
    expect(await watch.ended).toMatchObject({ code: 14 });
    const again = new RawEtcd(server.endpoint);
    expect(await again.revision()).toBe(2n);
    expect(await again.put("k", "3")).toBe(3n);
    again.close();
  });

  it("onWatchResponse() is a point of the stream at which to compact", async () => {
    const { server, etcd } = await started();
    for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 100 }, () => etcd.put("k")));
    const end = server.faults.onWatchResponse(({ events }) => {
      if (events.length > 0) server.compact(server.revision);
      if (events.length > 0) end();
    });
    const watch = etcd.watch();
    await watch.created({ ...span("k"), startRevision: 2n });
    expect((await watch.next()).events).toHaveLength(1000);
    expect(await watch.next()).toMatchObject({ canceled: true, compactRevision: 1_501n });
  }, 60_000); // 1,500 puts take long on a machine that has other things to do
});
