import { setTimeout as delay } from "node:timers/promises";
import { MockEtcdServer, type MockEtcdServerOptions } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../../support/clients.ts";
import { eventually } from "../../support/eventually.ts";
import { brief, observe } from "../../support/observe.ts";

const ROOT = { username: "root", password: "secret" };

/** Tokens that run out do so in real time: long enough for a busy machine to use one that was just fetched. */
async function serve(options: MockEtcdServerOptions = {}): Promise<MockEtcdServer> {
  const server = await MockEtcdServer.start({ auth: { rootPassword: ROOT.password }, ...options });
  onTestFinished(() => server.stop());
  return server;
}

const logins = (server: MockEtcdServer): number => server.metrics.requests["Authenticate"] ?? 0;

/** By a client of its own, which knows nothing of a cut that was just made. */
async function put(server: MockEtcdServer, key: string, value: string, options: { auth?: typeof ROOT } = { auth: ROOT }): Promise<void> {
  await connect(server.endpoint, options).kv.put(key, value);
}

/** A user "reader" who may read what begins with "open/". */
async function addReader(server: MockEtcdServer): Promise<{ username: string; password: string }> {
  const { auth } = connect(server.endpoint, { auth: ROOT });
  await auth.roleAdd("reading");
  await auth.roleGrantPermission("reading", "read", "open/", { prefix: true });
  await auth.userAdd("reader", "pass");
  await auth.userGrantRole("reader", "reading");
  return { username: "reader", password: "pass" };
}

describe("a client with a user and a password", () => {
  it("[147] reads, writes and watches, and many calls at once share one Authenticate", async () => {
    const server = await serve();
    const client = connect(server.endpoint, { auth: ROOT });
    await Promise.all(Array.from({ length: 20 }, (_, index) => client.kv.put(`a${index}`, "1")));
    expect(logins(server)).toBe(1);
    const seen = observe(client.watch("k"));
    await client.watch("other").created;
    await client.kv.put("k", "v");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual(["put k=v"]);
  });

  it("gets another token when a call's is refused, and the call is done once", async () => {
    const server = await serve({ authTokenTtlSeconds: 1 });
    const client = connect(server.endpoint, { auth: ROOT });
    const { header } = await client.kv.put("k", "1");
    await delay(1_200);
    expect((await client.kv.put("k", "2")).header.revision).toBe(header.revision + 1n);
    expect(logins(server)).toBe(2);
  });

  it("[151] a running watch outlives its token, and has another one after a cut", async () => {
    const server = await serve({ authTokenTtlSeconds: 0.2 });
    const client = connect(server.endpoint, { auth: ROOT });
    const watch = client.watch("k");
    const seen = observe(watch);
    await watch.created;
    await delay(300);
    await client.kv.put("k", "1");
    await seen.waitForEvents(1);
    await delay(300);
    server.faults.dropConnections();
    await put(server, "k", "2");
    expect((await seen.waitForEvents(2)).map(brief)).toEqual(["put k=1", "put k=2"]);
  });

  it("[152] a second watch on a stream whose token has run out goes to a stream with a new one; the first one is left alone", async () => {
    const server = await serve({ authTokenTtlSeconds: 2 });
    const client = connect(server.endpoint, { auth: ROOT });
    const first = client.watch("k");
    const firstSeen = observe(first);
    await first.created;
    const { watchId } = first.status;
    await delay(2_200);
    const second = client.watch("k");
    const secondSeen = observe(second);
    await second.created;
    expect(server.metrics).toMatchObject({ streams: 2, watchers: 2 });
    await client.kv.put("k", "1");
    await Promise.all([firstSeen.waitForEvents(1), secondSeen.waitForEvents(1)]);
    expect(first.status.watchId).toBe(watchId);
    // A third one uses the new stream; after a cut they are all together again.
    await client.watch("k").created;
    expect(server.metrics).toMatchObject({ streams: 2, watchers: 3 });
    server.faults.dropConnections();
    await put(server, "k", "2");
    expect((await firstSeen.waitForEvents(2)).map(brief)).toEqual(["put k=1", "put k=2"]);
    await eventually(() => server.metrics.watchers === 3);
    expect(server.metrics.streams).toBe(1);
  });

  it("does not pile up streams when tokens run out again and again", async () => {
    const server = await serve({ authTokenTtlSeconds: 0.4 });
    const client = connect(server.endpoint, { auth: ROOT });
    for (let index = 0; index < 11; index++) {
      await client.watch(`k${index}`).created;
      await delay(500);
    }
    await eventually(() => server.metrics.watchers === 11);
    expect(server.metrics.streams).toBeLessThanOrEqual(9);
  });

  it("[153] auth is turned on while a watch without a token runs: another watch gets a stream with one", async () => {
    const server = await MockEtcdServer.start();
    onTestFinished(() => server.stop());
    const client = connect(server.endpoint, { auth: ROOT });
    const first = client.watch("k");
    const seen = observe(first);
    await first.created;
    await client.auth.roleAdd("root");
    await client.auth.userAdd("root", ROOT.password);
    await client.auth.userGrantRole("root", "root");
    await client.auth.enable();
    await client.watch("k").created;
    await client.kv.put("k", "1");
    await seen.waitForEvents(1);
    expect(first.status.state).toBe("watching");
  });

  it("[154] auth is turned off: watches go on, and calls need no token any more", async () => {
    for (const compatibility of ["latest", "3.4.23"] as const) {
      const server = await serve({ compatibility });
      const client = connect(server.endpoint, { auth: ROOT });
      const seen = observe(client.watch("k"));
      await client.watch("other").created;
      await client.auth.disable();
      await client.kv.put("k", "1");
      await seen.waitForEvents(1);
      await client.watch("k").created;
      server.faults.dropConnections();
      await put(server, "k", "2", {});
      await seen.waitForEvents(2);
    }
  });

  it("[148] a watch that is not permitted ends with PERMISSION_DENIED, and its siblings go on", async () => {
    const server = await serve();
    const client = connect(server.endpoint, { auth: await addReader(server) });
    const allowed = observe(client.watch("open/", { prefix: true }));
    const denied = client.watch("closed/", { prefix: true });
    expect(await observe(denied).ended).toMatchObject({ name: "WatchCanceledError", code: "PERMISSION_DENIED" });
    await connect(server.endpoint, { auth: ROOT }).kv.put("open/k", "1");
    expect((await allowed.waitForEvents(1)).map(brief)).toEqual(["put open/k=1"]);
    expect(server.metrics.streams).toBe(1);
    await expect(client.kv.put("open/k", "2")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("[156] an Authenticate that fails in passing is tried again, for watches and for requests", async () => {
    const server = await serve();
    const client = connect(server.endpoint, { auth: ROOT });
    server.faults.failNext({ method: "Authenticate", message: "etcdserver: request timed out", times: 2 });
    const watch = client.watch("k");
    const seen = observe(watch);
    await watch.created;
    expect(logins(server)).toBe(3);
    await delay(1_050); // the token is no longer fresh
    server.faults.failNext({ method: "Authenticate", message: "etcdserver: request timed out", times: 2 });
    server.faults.dropConnections();
    await eventually(() => logins(server) === 6); // two that failed, and one more: it stays at that
    await put(server, "k", "1");
    await seen.waitForEvents(1);
  });

  it("[158] a wrong password ends with INVALID_ARGUMENT, and is not tried over and over", async () => {
    const server = await serve();
    const client = connect(server.endpoint, { auth: { username: "root", password: "wrong" } });
    await expect(client.kv.get("k")).rejects.toMatchObject({ name: "RpcError", code: "INVALID_ARGUMENT" });
    expect(await observe(client.watch("k")).ended).toMatchObject({ name: "RpcError", code: "INVALID_ARGUMENT" });
    await delay(200);
    expect(logins(server)).toBe(2);
  });

  it("keeps a lease alive, and asks Maintenance.Status and members", async () => {
    const server = await serve({ authTokenTtlSeconds: 0.5 });
    const client = connect(server.endpoint, { auth: ROOT });
    const { id } = await client.lease.grant(1);
    await using renewals = client.lease.keepAlive(id);
    for (let count = 0; count < 4; count++) expect((await renewals.next()).value?.ttlSeconds).toBeGreaterThan(0n);
    expect((await client.maintenance.status()).version).not.toBe("");
    expect((await client.cluster.memberList()).members).toHaveLength(1);
  });
});
