import { Controller, type EtcdClient, Informer, TerminalError } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../support/clients.ts";
import { recordChannel } from "../support/diagnostics.ts";
import { eventually } from "../support/eventually.ts";
import { ObservedWatch } from "../support/observe.ts";
import { runProgram } from "../support/run-program.ts";

let server: MockEtcdServer;

beforeEach(async () => {
  server = await MockEtcdServer.start();
  return () => server.stop();
});

/** Written through a client of its own: what that one does is not counted. */
async function putAll(count: number): Promise<void> {
  const writer = connect(server.endpoint);
  for (let index = 0; index < count; index++) await writer.kv.put("a", String(index));
  await writer.close();
}

describe("client.metrics()", () => {
  it("tells of connections, streams, watches, events and reconnects", async () => {
    const client = connect(server.endpoint);
    expect(client.metrics()).toMatchObject({ connections: 0, streams: 0, creates: 0, responses: 0, lastResponseAtMs: undefined });
    const watch = client.watch("a", { progressNotify: true });
    const other = client.watch("b", { metadata: { other: "stream" } });
    const observed = new ObservedWatch(watch);
    await Promise.all([watch.created, other.created]);
    expect(client.metrics()).toMatchObject({ connections: 1, streams: 2, watches: { resuming: 0, watching: 2, parked: 0 }, creates: 2 });
    await putAll(5);
    await observed.waitForEvents(5);
    await client.kv.get("a");
    const before = client.metrics();
    expect(before).toMatchObject({ connections: 2, events: 5, reconnects: {}, bufferedBytes: 0, greatestLag: 0n });
    expect(before.bytesReceived).toBeGreaterThan(5 * 20);
    expect(Date.now() - (before.lastResponseAtMs ?? 0)).toBeLessThan(15_000);

    server.faults.dropConnections();
    await eventually(() => client.metrics().creates === 4 && client.metrics().watches.watching === 2);
    const after = client.metrics();
    expect(Object.values(after.reconnects).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2);
    expect(Object.keys(after.reconnects)).toContain("UNAVAILABLE");
    expect(after.responses).toBeGreaterThan(before.responses);

    await putAll(1); // a server stays silent while a watch of the stream waits for a later revision
    await eventually(async () => {
      await client.watcher.requestProgress();
      return client.metrics().progressNotices > 0;
    });
    expect(client.metrics().lastProgressAtMs).toBeGreaterThan(before.lastResponseAtMs ?? Infinity);
    await client.close();
    expect(client.metrics()).toMatchObject({
      connections: 0,
      streams: 0,
      watches: { resuming: 0, watching: 0, parked: 0 },
      ended: { quiet: 2 },
    });
  });

  it("numbers the clients of a process, and counts for each alone", async () => {
    const [one, two] = [connect(server.endpoint), connect(server.endpoint)];
    await one.watch("a").created;
    expect(two.metrics().clientId).not.toBe(one.metrics().clientId);
    expect([one.metrics().creates, two.metrics().creates]).toEqual([1, 0]);
  });
});

describe("The channel", () => {
  const ofClient = <Message extends { readonly clientId: number }>(messages: readonly Message[], client: EtcdClient): Message[] =>
    messages.filter(({ clientId }) => clientId === client.metrics().clientId);

  it("etcd-watch:connection tells what stateChanges() yields", async () => {
    const messages = recordChannel("etcd-watch:connection");
    const client = connect(server.endpoint);
    const yielded: unknown[] = [];
    const reading = (async () => {
      for await (const change of client.stateChanges()) yielded.push(change);
    })();
    await client.watch("a").created;
    server.faults.dropConnections();
    await eventually(() => yielded.length >= 5);
    await client.close();
    await reading;
    const { clientId } = client.metrics();
    expect(ofClient(messages, client)).toEqual(yielded.map((change) => ({ ...(change as object), clientId })));
    expect(messages.slice(0, 3)).toMatchObject([{ state: "connecting" }, { state: "connected" }, { state: "disconnected" }]);
    expect(messages.at(-1)).toMatchObject({ state: "closed" });
  });

  it("etcd-watch:relist tells when an informer lists again, and why", async () => {
    const messages = recordChannel("etcd-watch:relist");
    const client = connect(server.endpoint);
    const informer = new Informer(client, { prefix: "config/" });
    await informer.start();
    await eventually(() => client.metrics().watches.watching === 1);
    expect(messages).toEqual([]);
    server.faults.changeClusterId();
    await eventually(() => messages.length > 0);
    expect(messages).toEqual([{ clientId: client.metrics().clientId, key: "config/", cause: "cluster-changed" }]);
    await informer.stop();
  });

  it("etcd-watch:reconcile tells of each run: its start, and its end or error", async () => {
    const messages = recordChannel("etcd-watch:reconcile");
    const client = connect(server.endpoint);
    await client.kv.put("jobs/a", "1");
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    let runs = 0;
    const controller = new Controller(client, {
      prefix: "jobs/",
      retry: { baseMs: 1, maxMs: 1 },
      reconcile: () => {
        runs++;
        if (runs === 1) throw new Error("not yet");
        if (runs === 3) throw new TerminalError("never");
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => messages.length === 4);
    await client.kv.put("jobs/a", "2");
    await eventually(() => messages.length === 6);
    stop.abort();
    await running;
    const durationMs = expect.any(Number) as number;
    const controllerNumber = messages[0]?.controllerNumber;
    expect(messages).toEqual(
      [
        { type: "start", attempt: 1 },
        { type: "error", attempt: 1, durationMs, error: expect.objectContaining({ message: "not yet" }) as Error },
        { type: "start", attempt: 2 },
        { type: "end", attempt: 2, durationMs },
        { type: "start", attempt: 1 },
        { type: "error", attempt: 1, durationMs, error: expect.any(TerminalError) as Error },
      ].map((happening) => ({ controllerNumber, key: "jobs/a", ...happening })),
    );
  });

  it("takes subscribers that throw: the watch goes on, and Node reports each error as uncaught", async () => {
    const run = await runProgram("test/programs/throwing-subscriber.ts", [server.endpoint]);
    expect(run).toMatchObject({ exitCode: 0, stdout: "a 1\ntrue true\n", stderr: "" });
  });
});

it("A client without a logger prints nothing, whatever happens to it", async () => {
  const run = await runProgram("test/programs/in-trouble.ts");
  expect(run.stderr).toBe("");
  expect(run.stdout).toMatch(/^true [2-9] [1-9]\n$/);
  expect(run.exitCode).toBe(0);
});
