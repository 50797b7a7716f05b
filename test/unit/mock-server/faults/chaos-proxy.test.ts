import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ChaosProxy } from "../../../../src/mock-server/faults/chaos-proxy.ts";
import type { ChaosProxyOptions } from "../../../../src/mock-server/faults/chaos-proxy.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

/** A server that echoes, behind a proxy, and what came of one client's connection. */
async function echoBehindProxy(options?: Partial<ChaosProxyOptions>): Promise<{ proxy: ChaosProxy; accepted: Socket[] }> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxy = await ChaosProxy.start({ target: `127.0.0.1:${port}`, ...options });
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  return { proxy, accepted };
}

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly ending: Promise<"reset" | "closed">;
}

function client(proxy: ChaosProxy): Client {
  const socket = connect(proxy.port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
  });
  const ending = new Promise<"reset" | "closed">((resolve) => {
    socket.once("error", () => {
      resolve("reset");
    });
    socket.once("close", () => {
      resolve("closed");
    });
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, received: () => received, ending };
}

describe("ChaosProxy", () => {
  it("passes bytes both ways, and a half-close", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received, ending } = client(proxy);
    socket.end("hello");
    await ending;
    expect(received()).toBe("hello");
    expect(proxy.bytesToClients).toBe(5);
  });

  it("cut() resets both sides and lets new connections in", async () => {
    const { proxy, accepted } = await echoBehindProxy();
    const first = client(proxy);
    first.socket.write("x");
    await vi.waitUntil(() => first.received() === "x");
    proxy.cut();
    expect(await first.ending).toBe("reset");
    await vi.waitUntil(() => accepted[0]?.destroyed === true && proxy.connections === 0);
    const second = client(proxy);
    second.socket.write("y");
    await vi.waitUntil(() => second.received() === "y");
  });

  it("cutAfterBytes() lets exactly so many bytes through to the client", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received, ending } = client(proxy);
    proxy.cutAfterBytes(7);
    socket.write("0123456789");
    await ending;
    expect(received()).toBe("0123456");
  });

  it("cutAfterBytes() cuts when the last byte has passed, without waiting for another", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received, ending } = client(proxy);
    proxy.cutAfterBytes(4);
    socket.write("0123");
    await ending;
    expect(received()).toBe("0123");
  });

  it("stall() holds everything and resume() hands it on", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received } = client(proxy);
    socket.write("a");
    await vi.waitUntil(() => received() === "a");
    proxy.stall();
    socket.write("b");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(received()).toBe("a");
    proxy.resume();
    await vi.waitUntil(() => received() === "ab");
  });

  it("refuse() resets new connections until accept()", async () => {
    const { proxy, accepted } = await echoBehindProxy();
    proxy.refuse();
    await client(proxy).ending;
    expect(accepted).toHaveLength(0);
    proxy.accept();
    const { socket, received } = client(proxy);
    socket.write("z");
    await vi.waitUntil(() => received() === "z");
  });

  it("halfOpen() takes the server away and does not tell the client", async () => {
    const { proxy, accepted } = await echoBehindProxy();
    const { socket, received } = client(proxy);
    socket.write("a");
    await vi.waitUntil(() => received() === "a");
    proxy.halfOpen();
    await vi.waitUntil(() => accepted[0]?.destroyed === true);
    socket.write(Buffer.alloc(1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(socket.destroyed).toBe(false);
    expect(received()).toBe("a");
    socket.end();
    await vi.waitUntil(() => proxy.connections === 0);
  });

  it("slow() takes its time and loses nothing", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received } = client(proxy);
    proxy.slow({ bytesPerSecond: 20_000 });
    const startedMs = performance.now();
    socket.write("s".repeat(2_000));
    await vi.waitUntil(() => received().length === 2_000);
    expect(performance.now() - startedMs).toBeGreaterThan(80);
  });

  it("delayMs lets each chunk arrive so much later, there and back", async () => {
    const clock = new FakeClock();
    const { proxy } = await echoBehindProxy({ clock, delayMs: 5_000 });
    const { socket, received } = client(proxy);
    socket.write("a");
    await vi.waitUntil(() => clock.pendingTimers === 1);
    clock.advance(4_999);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    await vi.waitUntil(() => clock.pendingTimers === 1); // what the server said, on its way back
    expect(received()).toBe("");
    clock.advance(5_000);
    await vi.waitUntil(() => received() === "a");
    proxy.delayMs = 0;
    socket.write("b");
    await vi.waitUntil(() => received() === "ab");
    expect(() => (proxy.delayMs = -1)).toThrow(RangeError);
  });

  it("passes much without losing or reordering anything", async () => {
    const { proxy } = await echoBehindProxy();
    const { socket, received, ending } = client(proxy);
    const sent = Array.from({ length: 100_000 }, (_, index) => String(index)).join(",");
    socket.end(sent);
    await ending;
    expect(received() === sent).toBe(true);
  });

  it("shows a target that it cannot read", async () => {
    await expect(ChaosProxy.start({ target: "nowhere" })).rejects.toThrow("nowhere");
  });
});
