import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ScriptedWatchServer } from "../../../../src/mock-server/scripted/scripted-watch-server.ts";
import type { ScriptedWatchServerOptions } from "../../../../src/mock-server/scripted/scripted-watch-server.ts";
import { failure, RawEtcd } from "../support/raw-etcd.ts";
import { eventsOf, span } from "../support/raw-watch.ts";

async function scripted(options?: ScriptedWatchServerOptions): Promise<{ server: ScriptedWatchServer; etcd: RawEtcd }> {
  const server = await ScriptedWatchServer.start(options);
  const etcd = new RawEtcd(server.endpoint);
  onTestFinished(async () => {
    etcd.close();
    await server.stop();
  });
  return { server, etcd };
}

describe("ScriptedWatchServer", () => {
  it("records requests and says only what it is told, in the order it is told", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create({ ...span("a"), watchId: 3n });
    const stream = await server.nextStream();
    expect(await stream.nextCreate()).toMatchObject({ watchId: 3n });
    stream.send({ watchId: 3n, header: { revision: 9n }, events: [{ type: 0, kv: { key: Buffer.from("a"), modRevision: 9n } }] });
    stream.send({ watchId: 3n, created: true });
    const [events, created] = [await watch.next(), await watch.next()];
    expect(eventsOf(events)).toEqual(["PUT a="]);
    expect(events.header).toEqual({ ...server.identity.header(9n) });
    expect(created).toMatchObject({ created: true, watchId: 3n });
    watch.cancel(3n);
    expect(await stream.nextCancel()).toEqual({ watchId: 3n });
    expect(stream.requests).toHaveLength(2);
  });

  it("ends a stream with a status, after what was sent", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create(span("a"));
    const stream = await server.nextStream();
    for (let id = 0n; id < 100n; id++) stream.send({ watchId: id, header: "none" });
    stream.end({ code: "UNAVAILABLE", message: "gone" });
    expect(await watch.ended).toMatchObject({ code: 14, details: "gone" });
    expect(watch.responses.map(({ watchId }) => watchId)).toEqual(Array.from({ length: 100 }, (_, id) => BigInt(id)));
    expect(watch.responses[0]?.header).toBeUndefined();
    expect(await stream.done).toBe("ended");
    expect(server.openStreams).toBe(0);
  });

  it("ends a stream with OK", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create(span("a"));
    (await server.nextStream()).end();
    expect(await watch.ended).toBeUndefined();
  });

  it("notices a client that half-closes and one that goes away", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create(span("a"));
    const stream = await server.nextStream();
    await stream.nextCreate();
    watch.halfClose();
    await expect.poll(() => stream.state).toBe("half-closed");
    watch.close();
    expect(await stream.done).toBe("cancelled");
    await expect(stream.nextRequest()).rejects.toThrow("over");
  });

  it("sends bytes that are no message", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create(span("a"));
    (await server.nextStream()).sendBytes(Buffer.from([0xff]));
    expect(await watch.ended).toMatchObject({ code: 13 });
  });

  it("answers other calls as the test says, and UNIMPLEMENTED without a word", async () => {
    const { server, etcd } = await scripted({
      maintenance: { alarm: () => ({ header: undefined, alarms: [] }) },
    });
    expect((await etcd.call("Maintenance", "alarm", {})).alarms).toEqual([]);
    expect(await failure(etcd.call("Maintenance", "status", {}))).toMatch(/^12 /);
    expect(server.requests).toEqual({ Alarm: 1 });
  });

  it("loses its streams with its connections, and serves new ones after a restart", async () => {
    const { server, etcd } = await scripted();
    const watch = etcd.watch();
    watch.create(span("a"));
    const stream = await server.nextStream();
    server.faults.dropConnections();
    expect(await stream.done).toBe("cancelled");
    expect(await watch.ended).toMatchObject({ code: 14 });
    await server.restart();
    const again = new RawEtcd(server.endpoint);
    again.watch().create(span("a"));
    await (await server.nextStream()).nextCreate();
    again.close();
  });

  it("does nothing for a call that is delayed when it stops", async () => {
    let puts = 0;
    await using server = await ScriptedWatchServer.start({
      kv: {
        put: () => {
          puts++;
          return { header: undefined, prevKv: undefined };
        },
      },
    });
    const end = server.faults.delay({ delayMs: 100 });
    const etcd = new RawEtcd(server.endpoint);
    const put = failure(etcd.put("k"));
    await vi.waitUntil(() => server.requests["Put"] === 1);
    await server.stop();
    expect(await put).toMatch(/^14 /);
    end();
    await sleep(200);
    expect(puts).toBe(0);
    await server.restart();
    const again = new RawEtcd(server.endpoint);
    await again.put("k");
    expect(puts).toBe(1);
    again.close();
    etcd.close();
  });
});
