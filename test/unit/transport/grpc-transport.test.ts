import { getEventListeners } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ChaosProxy, MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { ClosedError, RpcError } from "../../../src/errors/etcd-error.ts";
import { GRPC_RECONNECT_BACKOFF_MS } from "../../../src/transport/connect-attempt.ts";
import { MaintenanceDefinition, StatusResponse, WatchDefinition, WatchRequest, WatchResponse } from "../../../src/gen/rpc.ts";
import { GrpcTransport, type GrpcTransportOptions } from "../../../src/transport/grpc-transport.ts";
import { methodPath } from "../../../src/transport/rpc-method.ts";
import type { DuplexCall } from "../../../src/transport/transport.ts";
import { deferred } from "../../../src/util/deferred.ts";
import { DeafServer } from "../../support/deaf-server.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { SilentServer } from "../../support/silent-server.ts";

const STATUS = methodPath(MaintenanceDefinition, MaintenanceDefinition.methods.status);
const WATCH = methodPath(WatchDefinition, WatchDefinition.methods.watch);
const never = new AbortController().signal;
const pem = (name: string): string => readFileSync(new URL(`../../support/certificates/${name}.pem`, import.meta.url), "utf8");

function transportTo(endpoints: string | string[], options: Partial<GrpcTransportOptions> = {}): GrpcTransport {
  const transport = new GrpcTransport({
    endpoints,
    connectTimeoutMs: 2_000,
    keepAliveIntervalMs: 10_000,
    keepAliveTimeoutMs: 5_000,
    maxReceiveBytes: 2 ** 31 - 1,
    ...options,
  });
  onTestFinished(() => {
    transport.close();
  });
  return transport;
}

async function startServer(options?: Parameters<typeof MockEtcdServer.start>[0]): Promise<MockEtcdServer> {
  const server = await MockEtcdServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

async function silentServer(): Promise<SilentServer> {
  const server = await SilentServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const status = (
  transport: GrpcTransport,
  options: { timeoutMs?: number; signal?: AbortSignal; repeatable?: boolean; endpoint?: string } = {},
): Promise<Buffer> => transport.unary(STATUS, new Uint8Array(0), { timeoutMs: 5_000, repeatable: true, ...options });

const createWatch = WatchRequest.encode({
  requestUnion: {
    $case: "createRequest",
    value: {
      key: Buffer.from("a"),
      rangeEnd: new Uint8Array(0),
      startRevision: 0n,
      progressNotify: false,
      filters: [],
      prevKv: false,
      watchId: 0n,
      fragment: false,
    },
  },
}).finish();

/** Starts a call, with what it received and how it ended. */
function listen(call: DuplexCall): { messages: WatchResponse[]; ended: Promise<RpcError>; ends: RpcError[] } {
  const messages: WatchResponse[] = [];
  const ends: RpcError[] = [];
  const ended = deferred<RpcError>();
  call.start({
    onMessage: (bytes) => void messages.push(WatchResponse.decode(bytes)),
    onEnd: (error) => {
      ends.push(error);
      ended.resolve(error);
    },
  });
  return { messages, ended: ended.promise, ends };
}

describe("GrpcTransport.unary()", () => {
  it("sends a request and returns the answer", async () => {
    const server = await startServer();
    expect(StatusResponse.decode(await status(transportTo(server.endpoint))).version).toMatch(/^3\./);
  });

  it("rejects with the status of the call, its details and path", async () => {
    const server = await startServer();
    const error: unknown = await transportTo(server.endpoint)
      .unary("/etcdserverpb.KV/NoSuchMethod", new Uint8Array(0), { timeoutMs: 5_000, repeatable: false })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: "UNIMPLEMENTED", path: "/etcdserverpb.KV/NoSuchMethod" });
  });

  it("takes the next endpoint when the first cannot be reached", async () => {
    const server = await startServer();
    const transport = transportTo([`127.0.0.1:${String(await freePort())}`, server.endpoint]);
    await status(transport, { repeatable: false });
    expect(server.metrics.requests["Status"]).toBe(1);
  });

  it("names each endpoint and why when none can be reached in time", async () => {
    const dead = `127.0.0.1:${String(await freePort())}`;
    const silent = await silentServer();
    const transport = transportTo([dead, silent.endpoint], { connectTimeoutMs: 50 });
    const error: unknown = await status(transport, { timeoutMs: 400 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
    expect(String(error)).toContain(`${dead}: connect ECONNREFUSED`);
    expect(String(error)).toContain(`${silent.endpoint}: no answer within 50 ms`);
  });

  it("rejects with the signal's reason and leaves no listener", async () => {
    const transport = transportTo((await silentServer()).endpoint);
    const abort = new AbortController();
    const reason = new Error("enough");
    const call = status(transport, { signal: abort.signal });
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  });

  it("rejects with DEADLINE_EXCEEDED when a connected server does not answer in time", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    await status(transport);
    server.faults.pause();
    await expect(status(transport, { timeoutMs: 100 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    server.faults.resume();
  });

  it("takes a timeout that no timer can hold as no limit", async () => {
    const server = await startServer();
    await status(transportTo(server.endpoint), { timeoutMs: Number.MAX_SAFE_INTEGER });
  });

  it("asks one endpoint and no other when told to", async () => {
    const [first, second] = [await startServer(), await startServer()];
    await status(transportTo([first.endpoint, second.endpoint]), { endpoint: second.endpoint });
    expect([first.metrics.requests["Status"], second.metrics.requests["Status"]]).toEqual([undefined, 1]);
  });

  it("rejects with ClosedError what is under way at close(), and what comes after", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    await status(transport);
    server.faults.pause();
    const call = status(transport);
    transport.close();
    await expect(call).rejects.toBeInstanceOf(ClosedError);
    await expect(status(transport)).rejects.toBeInstanceOf(ClosedError);
    server.faults.resume();
  });
});

describe("GrpcTransport.duplex()", () => {
  it("hands over messages, and tells the end once", async () => {
    const server = await startServer();
    const call = await transportTo(server.endpoint).duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    const { messages, ended, ends } = listen(call);
    call.write(createWatch);
    await eventually(() => messages.length === 1);
    expect(messages[0]?.created).toBe(true);
    server.faults.dropConnections();
    expect(await ended).toMatchObject({ code: "UNAVAILABLE", path: WATCH });
    call.cancel();
    expect(ends).toHaveLength(1);
  });

  it("keeps an end that came before the handlers", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    const call = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    server.faults.dropConnections();
    await eventually(() => transport.states.latest.state === "disconnected");
    expect(await listen(call).ended).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("resets the stream on cancel(), which frees it on the server, and calls no handler afterwards", async () => {
    const server = await startServer();
    const call = await transportTo(server.endpoint).duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    const { messages, ends } = listen(call);
    call.write(createWatch);
    await eventually(() => server.metrics.watchers === 1 && messages.length === 1);
    call.cancel();
    await eventually(() => server.metrics.streams === 0);
    expect(ends).toHaveLength(0);
  });

  it("opens the next stream with the next endpoint after one broke", async () => {
    const [first, second] = [await startServer(), await startServer()];
    const transport = transportTo([first.endpoint, second.endpoint]);
    const call = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    const { ended } = listen(call);
    first.faults.dropConnections();
    await ended;
    const next = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    expect([call.endpoint, next.endpoint]).toEqual([first.endpoint, second.endpoint]);
  });

  it("stops waiting for a connection when the signal is aborted", async () => {
    const transport = transportTo((await silentServer()).endpoint);
    const abort = new AbortController();
    const opening = transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  it("finds a connection that has gone silent by its pings", async () => {
    const server = await startServer();
    const proxy = await ChaosProxy.start({ target: server.endpoint });
    onTestFinished(() => proxy.close());
    const transport = transportTo(proxy.endpoint, { keepAliveIntervalMs: 100, keepAliveTimeoutMs: 100 });
    const { ended } = listen(await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never }));
    proxy.stall();
    expect(await ended).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("GrpcTransport's connections", () => {
  it("are two: watches have one of their own, and other streams share that of the requests", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    await status(transport);
    await transport.duplex(WATCH, { connection: "requests", metadata: {}, signal: never });
    expect(server.metrics.connectionsAccepted).toBe(1);
    await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    expect(server.metrics.connectionsAccepted).toBe(2);
  });
});

describe("GrpcTransport and a server that accepts and never answers", () => {
  it("gives up after connectTimeoutMs, goes on to the next endpoint, and leaves no socket open", async () => {
    const [silent, server] = [await silentServer(), await startServer()];
    const transport = transportTo([silent.endpoint, server.endpoint], { connectTimeoutMs: 60 });
    const call = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    expect(call.endpoint).toBe(server.endpoint);
    await eventually(() => silent.open === 0);
    call.cancel();
  });

  it("leaves one request time enough for the next endpoint, also when it has no more than a connection may take", async () => {
    const [silent, server] = [await silentServer(), await startServer()];
    const transport = transportTo([silent.endpoint, server.endpoint], { connectTimeoutMs: 2_500 });
    await status(transport, { timeoutMs: 2_500 });
    expect(server.metrics.requests["Status"]).toBe(1);
  });

  it("does not begin with it again after a request that gave up early", async () => {
    const [silent, server] = [await silentServer(), await startServer()];
    const transport = transportTo([silent.endpoint, server.endpoint], { connectTimeoutMs: 150 });
    await expect(status(transport, { timeoutMs: 100 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await status(transport, { timeoutMs: 100 }).catch(() => undefined);
    await status(transport);
    expect(silent.accepted).toBe(1);
  });

  it("closes each attempt's socket, however many there are", async () => {
    const silent = await silentServer();
    const transport = transportTo(silent.endpoint, { connectTimeoutMs: 20, backoff: { baseMs: 1, maxMs: 1 } });
    const abort = new AbortController();
    const opening = transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: abort.signal });
    await eventually(() => silent.accepted >= 5);
    expect(silent.open).toBeLessThanOrEqual(2);
    abort.abort();
    await expect(opening).rejects.toThrow();
    await eventually(() => silent.open === 0);
  });

  it("stops trying when nobody waits any more", async () => {
    const silent = await silentServer();
    const transport = transportTo(silent.endpoint, { connectTimeoutMs: 20, backoff: { baseMs: 1, maxMs: 1 } });
    await expect(status(transport, { timeoutMs: 60 })).rejects.toThrow("no answer within 20 ms");
    await eventually(() => silent.open === 0);
    await delay(3 * GRPC_RECONNECT_BACKOFF_MS); // grpc-js tries once more by itself
    const tried = silent.accepted;
    await delay(3 * GRPC_RECONNECT_BACKOFF_MS); // there is no sign of what does not come
    expect(silent.accepted).toBe(tried);
  });
});

describe("GrpcTransport and a server that refuses for a while", () => {
  it("is left with one connection, although grpc-js tries on behalf of channels that were closed", async () => {
    const server = await startServer();
    const proxy = await ChaosProxy.start({ target: server.endpoint });
    onTestFinished(() => proxy.close());
    const transport = transportTo(proxy.endpoint, { backoff: { baseMs: 5, maxMs: 20 } });
    const first = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    const { ended } = listen(first);
    proxy.refuse();
    proxy.cut();
    await ended;
    const again = transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    await eventually(() => transport.states.latest.state === "disconnected" && transport.states.latest.attempt >= 5);
    proxy.accept();
    await again;
    await delay(3 * GRPC_RECONNECT_BACKOFF_MS); // there is no sign of what does not come
    expect(proxy.connections).toBe(1);
  });
});

describe("GrpcTransport and an endpoint whose packets are dropped", () => {
  it("leaves no half-made connection behind, which would keep the process alive for minutes", async () => {
    const server = await DeafServer.start();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const connecting = (): number => process.getActiveResourcesInfo().filter((name) => name === "ConnectWrap").length;
    const before = connecting();
    const transport = transportTo(server.endpoint, { connectTimeoutMs: 50, backoff: { baseMs: 1, maxMs: 1 } });
    await expect(status(transport, { timeoutMs: 300 })).rejects.toThrow("no answer within 50 ms");
    await eventually(() => connecting() === before);
  });
});

describe("GrpcTransport.ready()", () => {
  it("resolves once an endpoint has answered", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    await transport.ready();
    expect(transport.states.latest).toEqual({ state: "connected", endpoint: server.endpoint });
  });

  it("rejects when each endpoint was tried, naming each, with one warning", async () => {
    const dead = [`127.0.0.1:${String(await freePort())}`, `127.0.0.1:${String(await freePort())}`];
    const warnings: string[] = [];
    const ignore = (): void => undefined;
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (message: string) => void warnings.push(message) };
    const transport = transportTo(dead, { logger });
    for (let turn = 0; turn < 2; turn++) {
      const error: unknown = await transport.ready().catch((reason: unknown) => reason);
      for (const endpoint of dead) expect(String(error)).toContain(`${endpoint}: connect ECONNREFUSED`);
    }
    expect(warnings).toHaveLength(1);
  });

  it("waits for a server that comes up in time", async () => {
    const port = await freePort();
    const transport = transportTo(`127.0.0.1:${String(port)}`, { backoff: { baseMs: 5, maxMs: 10 } });
    const ready = transport.ready({ timeoutMs: 10_000 });
    await eventually(() => transport.states.latest.state === "disconnected" && transport.states.latest.attempt > 0);
    await startServer({ port });
    await ready;
  });
});

describe("GrpcTransport.states", () => {
  it("tells a cut of both connections as one disconnected", async () => {
    const server = await startServer();
    const transport = transportTo(server.endpoint);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { state } of transport.states.changes()) seen.push(state);
    })();
    const { ended } = listen(await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never }));
    await status(transport);
    server.faults.dropConnections();
    await ended;
    await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    await status(transport);
    transport.close();
    await reading;
    expect(seen).toEqual(["connecting", "connected", "disconnected", "connecting", "connected", "closed"]);
  });
});

describe("GrpcTransport.setEndpoints()", () => {
  it("leaves an open stream alone and sends what comes after to the new endpoints", async () => {
    const [before, after] = [await startServer(), await startServer()];
    const transport = transportTo(before.endpoint);
    const open = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never });
    const { messages } = listen(open);
    await status(transport);
    transport.setEndpoints([after.endpoint]);
    expect(transport.endpoints).toEqual([after.endpoint]);
    await status(transport);
    expect((await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: never })).endpoint).toBe(after.endpoint);
    open.write(createWatch);
    await eventually(() => messages.length === 1);
    expect(after.metrics.requests["Status"]).toBe(1);
  });

  it("throws ClosedError after close()", () => {
    const transport = transportTo("a:1");
    transport.close();
    expect(() => {
      transport.setEndpoints("b:1");
    }).toThrow(ClosedError);
  });

  it("refuses a list that is wrong and keeps the old one", () => {
    const transport = transportTo("a:1");
    expect(() => {
      transport.setEndpoints([]);
    }).toThrow(TypeError);
    expect(transport.endpoints).toEqual(["a:1"]);
  });
});

describe("GrpcTransport over TLS", () => {
  it("trusts a server that the given authority has signed", async () => {
    const server = await startServer({ tls: { cert: pem("server"), key: pem("server-key") } });
    const endpoint = `https://localhost:${String(server.port)}`;
    await status(transportTo(endpoint, { tls: { ca: pem("ca") } }));
    await status(transportTo(`127.0.0.1:${String(server.port)}`, { tls: { ca: pem("ca"), serverName: "localhost" } }));
  });

  it("says why it does not trust a server, within the time to connect", async () => {
    const server = await startServer({ tls: { cert: pem("server"), key: pem("server-key") } });
    await expect(transportTo(`https://localhost:${String(server.port)}`).ready()).rejects.toThrow(/certificate/);
    await expect(transportTo(`http://localhost:${String(server.port)}`, { connectTimeoutMs: 500 }).ready()).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });

  it("refuses a certificate without its key", () => {
    expect(() => transportTo("https://a:1", { tls: { cert: pem("server") } })).toThrow(TypeError);
  });
});
