import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { WatchDefinition, WatchRequest, WatchResponse } from "../../../src/gen/rpc.ts";
import { GrpcDuplexCall } from "../../../src/transport/grpc-duplex-call.ts";
import { GrpcTransport } from "../../../src/transport/grpc-transport.ts";
import { methodPath } from "../../../src/transport/rpc-method.ts";
import type { DuplexCall } from "../../../src/transport/transport.ts";
import { eventually } from "../../support/eventually.ts";

const WATCH = methodPath(WatchDefinition, WatchDefinition.methods.watch);

const manyIds = Array.from({ length: 2_000 }, (_, index) => BigInt(index + 1));

/** A Watch stream to a server, that nobody listens to yet. */
async function watchCall(): Promise<{ call: DuplexCall; server: MockEtcdServer }> {
  const server = await MockEtcdServer.start();
  const transport = new GrpcTransport({
    endpoints: server.endpoint,
    connectTimeoutMs: 2_000,
    keepAliveIntervalMs: 10_000,
    keepAliveTimeoutMs: 5_000,
    maxReceiveBytes: 2 ** 31 - 1,
  });
  onTestFinished(async () => {
    transport.close();
    await server.stop();
  });
  const call = await transport.duplex(WATCH, { connection: "watches", metadata: {}, signal: new AbortController().signal });
  return { call, server };
}

/** Asks for a watch with an id, which the server answers with. */
const create = (watchId: bigint): Uint8Array =>
  WatchRequest.encode(
    WatchRequest.fromPartial({ requestUnion: { $case: "createRequest", value: { key: Buffer.from("a"), watchId } } }),
  ).finish();

describe("GrpcDuplexCall", () => {
  it("writes messages in their order, also those that come while another one is being written", async () => {
    const { call } = await watchCall();
    const ids: bigint[] = [];
    call.start({
      onMessage: (bytes) => void ids.push(WatchResponse.decode(bytes).watchId),
      onEnd: () => undefined,
    });
    const asked = Array.from({ length: 20 }, (_, index) => BigInt(index + 100));
    for (const watchId of asked) call.write(create(watchId));
    await eventually(() => ids.length === asked.length);
    expect(ids).toEqual(asked);
  });

  it("keeps messages until there is a connection: grpc-js holds one, and forgets it for the next", async () => {
    const { server } = await watchCall();
    const client = new Client(server.endpoint, credentials.createInsecure());
    onTestFinished(() => {
      client.close();
    });
    const call = new GrpcDuplexCall({ channel: client.getChannel(), path: WATCH, endpoint: server.endpoint, metadata: new Metadata() });
    const ids: bigint[] = [];
    for (const watchId of [100n, 101n, 102n]) call.write(create(watchId));
    call.start({
      onMessage: (bytes) => void ids.push(WatchResponse.decode(bytes).watchId),
      onEnd: () => undefined,
    });
    await eventually(() => ids.length === 3);
    expect(ids).toEqual([100n, 101n, 102n]);
    call.cancel();
  });

  it("hands over nothing after cancel(), also from within onMessage while more is on its way", async () => {
    const { call, server } = await watchCall();
    const ids: bigint[] = [];
    const ends: unknown[] = [];
    call.start({
      onMessage: (bytes) => {
        ids.push(WatchResponse.decode(bytes).watchId);
        if (ids.length === 2) call.cancel();
      },
      onEnd: (status) => void ends.push(status),
    });
    for (const watchId of [100n, 101n, 102n, 103n]) call.write(create(watchId));
    await eventually(() => ids.length === 2 && server.metrics.streams === 0);
    call.write(create(104n));
    expect({ ids, ends }).toEqual({ ids: [100n, 101n], ends: [] });
  });

  it("sends what is written in its order, from before start() on, and hands over the answers in theirs", async () => {
    const { call } = await watchCall();
    const [early, late] = [manyIds.slice(0, 1_000), manyIds.slice(1_000)];
    for (const id of early) call.write(create(id));
    const received: bigint[] = [];
    call.start({ onMessage: (bytes) => void received.push(WatchResponse.decode(bytes).watchId), onEnd: () => undefined });
    for (const id of late) call.write(create(id));
    await eventually(() => received.length === manyIds.length);
    expect(received).toEqual(manyIds);
    call.cancel();
  });

  it("hands over nothing, and sends nothing, once a handler has cancelled it", async () => {
    const { server, call } = await watchCall();
    const told: string[] = [];
    for (const id of manyIds) call.write(create(id));
    call.start({
      onMessage: () => {
        told.push("message");
        call.cancel();
        call.write(create(5_000n));
      },
      onEnd: () => void told.push("end"),
    });
    await eventually(() => told.length > 0 && server.metrics.streams === 0);
    expect(told).toEqual(["message"]);
  });
});
