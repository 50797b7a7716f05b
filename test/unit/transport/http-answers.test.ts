import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { EtcdClient, isRpcError } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { observe } from "../../support/observe.ts";

/** A proxy that answers every call itself, with a status of HTTP and no gRPC. Returns its endpoint and how often it was asked. */
async function httpServer(status: number): Promise<{ endpoint: string; requests: () => number }> {
  let requests = 0;
  const server = createServer().on("stream", (stream) => {
    requests++;
    stream.respond({ ":status": status, "content-type": "text/plain" });
    stream.end("no gRPC here");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { endpoint: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, requests: () => requests };
}

function clientOf(endpoint: string): EtcdClient {
  const client = new EtcdClient({ endpoints: endpoint, backoff: { baseMs: 1, maxMs: 5 } });
  onTestFinished(() => client.close());
  return client;
}

describe("an answer of HTTP in place of gRPC", () => {
  it.each([
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "UNIMPLEMENTED"],
  ])("[139] of status %d ends a watch with %s", async (status, code) => {
    const { endpoint } = await httpServer(status);
    const outcome = await observe(clientOf(endpoint).watch("a")).ended;
    expect(outcome).toSatisfy(isRpcError);
    expect(outcome).toMatchObject({ code });
  });

  it.each([400, 429, 502, 503, 504, 500])("[139] of status %d is tried again, with a delay, and the user can leave", async (status) => {
    const { endpoint, requests } = await httpServer(status);
    const watch = clientOf(endpoint).watch("a");
    const seen = observe(watch);
    await eventually(() => requests() > 3);
    expect(watch.status.state).toBe("resuming");
    watch.cancel();
    expect(await seen.ended).toBe("quietly");
  });

  it.each([
    [400, "INTERNAL"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "UNIMPLEMENTED"],
    [429, "UNAVAILABLE"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "UNAVAILABLE"],
    [500, "UNKNOWN"],
  ])("[139] of status %d is %s to a put, which may not be sent twice", async (status, code) => {
    const { endpoint, requests } = await httpServer(status);
    await expect(clientOf(endpoint).kv.put("a", "v")).rejects.toMatchObject({ code });
    expect(requests()).toBe(1);
  });
});
