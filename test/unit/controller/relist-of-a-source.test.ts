import { Controller, EtcdClient, Informer } from "etcd-watch";
import { ChaosProxy, MockEtcdServer } from "etcd-watch/mock-server";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";

/** A server, a client of it, and one whose connections can be cut. */
async function startServer() {
  const server = await MockEtcdServer.start();
  const proxy = await ChaosProxy.start({ target: server.endpoint });
  const client = new EtcdClient({ endpoints: server.endpoint });
  const behindProxy = new EtcdClient({ endpoints: proxy.endpoint });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await Promise.all([client.close(), behindProxy.close()]);
    await proxy[Symbol.asyncDispose]();
    await server.stop();
  });
  const has = async (key: string): Promise<boolean> => (await client.kv.get(key, { countOnly: true })).count === 1n;
  const cut = (): void => {
    proxy.refuse();
    proxy.cut();
  };
  return { proxy, client, behindProxy, stop, has, cut };
}

it("mends what it made and nobody saw: made and deleted while a further source was cut off, and compacted", async () => {
  const { proxy, client, behindProxy, stop, has, cut } = await startServer();
  const made = new Informer(behindProxy, { prefix: "made/" });
  const controller = new Controller(client, {
    prefix: "wanted/",
    sources: [{ informer: made, keys: ({ key }) => key.replace("made/", "wanted/") }],
    reconcile: async (key, { value }) => {
      const copy = key.replace("wanted/", "made/");
      if (value !== undefined && !(await has(copy))) await client.kv.put(copy, "1");
    },
  });
  const running = controller.run({ signal: stop.signal });
  await eventually(() => made.isSynced);
  cut();

  await client.kv.put("wanted/a", "1");
  await eventually(() => has("made/a"));
  const { header } = await client.kv.delete("made/a"); // by somebody, before the source's watch is back
  await client.kv.compact(header.revision);
  proxy.accept();

  await eventually(() => has("made/a"));
  expect(made.relists).toEqual({ compacted: 1 });
  stop.abort();
  await running;
});

it("and what it made in its own range, which was cut off, for what a further source has", async () => {
  const { proxy, client, behindProxy, stop, has, cut } = await startServer();
  const wanted = new Informer(client, { prefix: "wanted/" });
  const controller = new Controller(behindProxy, {
    prefix: "made/",
    sources: [{ informer: wanted, keys: ({ key }) => key.replace("wanted/", "made/") }],
    reconcile: async (key) => {
      if (wanted.has(key.replace("made/", "wanted/")) && !(await has(key))) await client.kv.put(key, "1");
    },
  });
  const running = controller.run({ signal: stop.signal });
  await eventually(() => controller.informer.isSynced && wanted.isSynced);
  cut();

  await client.kv.put("wanted/a", "1");
  await eventually(() => has("made/a"));
  const { header } = await client.kv.delete("made/a");
  await client.kv.compact(header.revision);
  proxy.accept();

  await eventually(() => has("made/a"));
  expect(controller.informer.relists).toEqual({ compacted: 1 });
  stop.abort();
  await running;
});

it("runs for the keys that differ alone where there is no further source", async () => {
  const { proxy, client, behindProxy, stop, cut } = await startServer();
  await client.kv.put("wanted/a", "1");
  await client.kv.put("wanted/b", "1");
  const reconciled: string[] = [];
  const controller = new Controller(behindProxy, { prefix: "wanted/", reconcile: (key) => void reconciled.push(key) });
  const running = controller.run({ signal: stop.signal });
  await eventually(() => reconciled.length === 2);
  cut();

  await client.kv.put("wanted/b", "2");
  const { header } = await client.kv.put("elsewhere", "1");
  await client.kv.compact(header.revision);
  proxy.accept();

  await eventually(() => controller.informer.relists.compacted === 1 && reconciled.length > 2);
  stop.abort();
  await running;
  expect(reconciled).toEqual(["wanted/a", "wanted/b", "wanted/b"]);
});

it("ends, and leaves the informer alone, if `keys` throws for what is present when another source was listed again", async () => {
  const { proxy, client, behindProxy, stop, cut } = await startServer();
  const made = new Informer(client, { prefix: "made/" });
  await client.kv.put("made/a", "1");
  let calls = 0;
  const controller = new Controller(behindProxy, {
    prefix: "wanted/",
    sources: [
      {
        informer: made,
        keys: ({ key }) => {
          if (++calls > 1) throw new RangeError("once too often");
          return key;
        },
      },
    ],
    reconcile: () => undefined,
  });
  const running = controller.run({ signal: stop.signal });
  running.catch(() => undefined);
  await eventually(() => calls === 1 && controller.informer.isSynced);
  cut();
  await client.kv.put("wanted/a", "1");
  const { header } = await client.kv.put("elsewhere", "1");
  await client.kv.compact(header.revision);
  proxy.accept();

  await expect(running).rejects.toThrow("once too often");
  expect(controller.informer.get("wanted/a")?.valueText).toBe("1");
});

it("mends what was made and deleted in one answer of more than ten thousand changes", async () => {
  const { proxy, client, behindProxy, stop, has, cut } = await startServer();
  const made = new Informer(behindProxy, { prefix: "made/" });
  const controller = new Controller(client, {
    prefix: "wanted/",
    sources: [{ informer: made, keys: ({ key }) => (key.startsWith("made/other") ? undefined : key.replace("made/", "wanted/")) }],
    reconcile: async (key, { value }) => {
      const copy = key.replace("wanted/", "made/");
      if (value !== undefined && !(await has(copy))) await client.kv.put(copy, "1");
    },
  });
  const running = controller.run({ signal: stop.signal });
  await eventually(() => made.isSynced);
  cut();

  await client.kv.put("made/other", "0"); // goes past the buffer
  await client.kv.put("wanted/a", "1");
  await eventually(() => has("made/a"));
  await client.kv.delete("made/a");
  for (let first = 0; first < 10_100; first += 100)
    await client.kv.txn({
      success: Array.from({ length: 100 }, (_, index) => ({ put: { key: `made/other-${String(first + index)}`, value: "1" } })),
    });
  proxy.accept();

  await eventually(() => has("made/a"));
  expect(made.relists).toEqual({});
  stop.abort();
  await running;
});
