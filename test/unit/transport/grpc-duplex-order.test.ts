import { MockEtcdServer } from "etcd-watch/mock-server";
import { expect, it, onTestFinished } from "vitest";
import { WatchCreateRequest, WatchDefinition, WatchRequest, WatchResponse } from "../../../src/gen/rpc.ts";
import { GrpcTransport } from "../../../src/transport/grpc-transport.ts";
import { methodPath } from "../../../src/transport/rpc-method.ts";
import { eventually } from "../../support/eventually.ts";

const WATCH = methodPath(WatchDefinition, WatchDefinition.methods.watch);
const ids = Array.from({ length: 2_000 }, (_, index) => BigInt(index + 1));

const createWatch = (watchId: bigint): Uint8Array => {
  const value = WatchCreateRequest.fromPartial({ key: Buffer.from("a"), watchId });
  return WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish();
};

async function openCall() {
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
  return { server, call };
}

it("sends what is written in its order, from before start() on, and hands over the answers in theirs", async () => {
  const { call } = await openCall();
  const [early, late] = [ids.slice(0, 1_000), ids.slice(1_000)];
  for (const id of early) call.write(createWatch(id));
  const received: bigint[] = [];
  call.start({ onMessage: (bytes) => void received.push(WatchResponse.decode(bytes).watchId), onEnd: () => undefined });
  for (const id of late) call.write(createWatch(id));
  await eventually(() => received.length === ids.length);
  expect(received).toEqual(ids);
  call.cancel();
});

it("hands over nothing, and sends nothing, once a handler has cancelled it", async () => {
  const { server, call } = await openCall();
  const told: string[] = [];
  for (const id of ids) call.write(createWatch(id));
  call.start({
    onMessage: () => {
      told.push("message");
      call.cancel();
      call.write(createWatch(5_000n));
    },
    onEnd: () => void told.push("end"),
  });
  await eventually(() => told.length > 0 && server.metrics.streams === 0);
  expect(told).toEqual(["message"]);
});
