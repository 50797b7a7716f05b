// A test of one's own controller on the bundled server: broken on purpose, compacted, and nothing of it shows.
//
//   npx tsx examples/test-a-controller.ts
import assert from "node:assert/strict";
import { test } from "node:test";
import { Controller, EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";

/** The controller under test: for each `wanted/x` there is to be a `done/x` with the same value, and none without. */
function copier(client: EtcdClient): Controller<string> {
  return new Controller(client, {
    prefix: "wanted/",
    decode: (kv) => kv.valueText,
    concurrency: 4,
    reconcile: async (key, { value }) => {
      const copy = key.replace("wanted/", "done/");
      if (value === undefined) await client.kv.delete(copy);
      else await client.kv.put(copy, value);
    },
  });
}

/** Somebody else, over a connection of their own that nobody has cut. */
async function elsewhere<Answer>(server: MockEtcdServer, ask: (kv: EtcdClient["kv"]) => Promise<Answer>): Promise<Answer> {
  await using client = new EtcdClient({ endpoints: server.endpoint });
  return await ask(client.kv);
}

void test("the copies follow, whatever happens to the connection", async () => {
  await using server = await MockEtcdServer.start();
  await using client = new EtcdClient({ endpoints: server.endpoint });
  const stop = new AbortController();
  const running = copier(client).run({ signal: stop.signal });
  const copies = () => elsewhere(server, async (kv) => (await kv.get("done/", { prefix: true })).kvs.map((copy) => copy.valueText));

  await elsewhere(server, (kv) => kv.put("wanted/a", "1"));
  await elsewhere(server, (kv) => kv.put("wanted/b", "2"));
  await until(async () => (await copies()).join() === "1,2");

  server.faults.refuseConnections();
  server.faults.dropConnections();
  server.faults.acceptConnections();
  server.faults.failNext({ method: "DeleteRange", code: "UNAVAILABLE" }); // tried again, with a delay
  await elsewhere(server, (kv) => kv.txn({ success: [{ delete: { key: "wanted/a" } }, { put: { key: "wanted/b", value: "3" } }] }));
  await until(async () => (await copies()).join() === "3");

  await server.restart(); // same port, same data
  const { header } = await elsewhere(server, (kv) => kv.put("wanted/c", "4"));
  await elsewhere(server, (kv) => kv.compact(header.revision));
  await until(async () => (await copies()).join() === "3,4");

  stop.abort();
  await running; // resolves once all that ran has ended
  assert.equal(server.metrics.requests["DeleteRange"], 2); // refused once, and done
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
