import { setTimeout as delay } from "node:timers/promises";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { EtcdClient } from "../../../src/client/etcd-client.ts";
import { eventually, within } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { observe } from "../../support/observe.ts";
import { SilentServer } from "../../support/silent-server.ts";

const LEARNER = "etcdserver: rpc not supported for learner";

async function serve(): Promise<MockEtcdServer> {
  const server = await MockEtcdServer.start();
  onTestFinished(() => server.stop());
  return server;
}

function connect(endpoints: readonly string[], options: { connectTimeoutMs?: number } = {}): EtcdClient {
  const client = new EtcdClient({ endpoints, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Refuses as a learner does. */
function refuseAsLearner(server: MockEtcdServer, method: string, code: "UNAVAILABLE" | "FAILED_PRECONDITION", times = 1_000): void {
  server.faults.failNext({ method, code, message: LEARNER, times });
}

describe.each(["UNAVAILABLE", "FAILED_PRECONDITION"] as const)("a learner that refuses with %s", (code) => {
  it("[146] is left for the next endpoint, by requests and by watches", async () => {
    const [learner, member] = [await serve(), await serve()];
    for (const method of ["Range", "Put", "Watch"]) refuseAsLearner(learner, method, code);
    const client = connect([learner.endpoint, member.endpoint]);
    await client.kv.put("k", "1");
    expect((await client.kv.get("k")).kvs).toHaveLength(1);
    expect(learner.metrics.requests).toMatchObject({ Put: 1 });

    const watching = connect([learner.endpoint, member.endpoint]);
    const watch = watching.watch("k");
    const seen = observe(watch);
    await watch.created;
    await client.kv.put("k", "2");
    await seen.waitForEvents(1);
    expect(watch.status.endpoint).toBe(member.endpoint);
  });

  it("[146] is an error once every endpoint is one", async () => {
    const learners = [await serve(), await serve()];
    for (const learner of learners) refuseAsLearner(learner, "Put", code);
    const client = connect(learners.map(({ endpoint }) => endpoint));
    await expect(client.kv.put("k", "1")).rejects.toMatchObject({ code, details: LEARNER });
    for (const { metrics } of learners) expect(metrics.requests["Put"]).toBe(1);
  });
});

describe("a member that is cut off from the others", () => {
  it("is left by the request after the one that it did not answer", async () => {
    const [cutOff, member] = [await serve(), await serve()];
    cutOff.faults.loseLeader();
    const client = connect([cutOff.endpoint, member.endpoint]);
    await expect(client.kv.put("k", "1", { timeoutMs: 1_000 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await client.kv.put("k", "2", { timeoutMs: 1_000 });
    expect(member.revision).toBe(2n);
  });

  it("is not left over a request that had little time", async () => {
    const [slow, member] = [await serve(), await serve()];
    slow.faults.delay({ method: "Put", delayMs: 300 });
    const client = connect([slow.endpoint, member.endpoint]);
    await client.ready();
    await client.kv.get("k");
    await expect(client.kv.put("k", "1", { timeoutMs: 50 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await client.kv.put("k", "2");
    expect(member.revision).toBe(1n);
  });

  it("is asked for no token", async () => {
    const auth = { rootPassword: "secret" };
    const servers = [await MockEtcdServer.start({ auth }), await MockEtcdServer.start({ auth })] as const;
    onTestFinished(async () => {
      for (const server of servers) await server.stop();
    });
    servers[0].faults.loseLeader();
    const endpoints = servers.map(({ endpoint }) => endpoint);
    const client = new EtcdClient({ endpoints, auth: { username: "root", password: "secret" } });
    onTestFinished(() => client.close());
    await within(2_000, "the creation", client.watch("k").created);
    await within(2_000, "the put", client.kv.put("k", "1"));
    expect(servers[1].revision).toBe(2n);
  });
});

describe("other endpoints, set while the client runs", () => {
  it("[165] are used at once by who waits out a delay after all have failed", async () => {
    const server = await serve();
    const client = new EtcdClient({ endpoints: `127.0.0.1:${String(await freePort())}`, backoff: { baseMs: 60_000, maxMs: 60_000 } });
    onTestFinished(() => client.close());
    const watch = client.watch("k");
    await eventually(() => client.state.state === "disconnected" && client.state.attempt > 1);
    client.setEndpoints([server.endpoint]);
    await within(2_000, "the creation", watch.created);
  });

  it("[165] are used at once by who waits for one that hangs", async () => {
    const [server, silent] = [await serve(), await SilentServer.start()];
    onTestFinished(() => silent[Symbol.asyncDispose]());
    const client = connect([silent.endpoint], { connectTimeoutMs: 60_000 });
    const watch = client.watch("k");
    await eventually(() => silent.accepted > 0);
    client.setEndpoints([server.endpoint]);
    await within(2_000, "the creation", watch.created);
  });

  it("[165] do not touch a watch that runs, until its stream breaks", async () => {
    const [first, second] = [await serve(), await serve()];
    const client = connect([first.endpoint]);
    const watch = client.watch("k");
    await watch.created;
    client.setEndpoints([second.endpoint]);
    await delay(200);
    expect(watch.status).toMatchObject({ state: "watching", endpoint: first.endpoint });
    first.faults.dropConnections();
    await eventually(() => second.metrics.watchers === 1 || watch.status.state === "ended");
  });
});
