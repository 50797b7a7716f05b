// A test of one's own code on the bundled server: a real gRPC server, in this process, on a free port.
//
//   npx tsx examples/test-with-mock-server.ts
import assert from "node:assert/strict";
import { test } from "node:test";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";

/** The code under test: keeps a map of settings up to date. */
async function follow(client: EtcdClient, settings: Map<string, string>): Promise<void> {
  for await (const { events } of client.watch("settings/", { prefix: true, startRevision: 1n })) {
    for (const { type, kv } of events) {
      if (type === "put") settings.set(kv.keyText, kv.valueText);
      else settings.delete(kv.keyText);
    }
  }
}

/** Somebody else changes something, over a connection of their own. */
async function elsewhere(server: MockEtcdServer, change: (kv: EtcdClient["kv"]) => Promise<unknown>): Promise<void> {
  await using client = new EtcdClient({ endpoints: server.endpoint });
  await change(client.kv);
}

void test("settings survive a lost connection and a restarted server", async () => {
  await using server = await MockEtcdServer.start();
  const client = new EtcdClient({ endpoints: server.endpoint });
  const settings = new Map<string, string>();
  const following = follow(client, settings);

  await elsewhere(server, (kv) => kv.put("settings/colour", "blue"));
  await until(() => settings.get("settings/colour") === "blue");

  server.faults.dropConnections();
  await elsewhere(server, (kv) => kv.delete("settings/colour"));
  await server.restart(); // same port, same data
  await elsewhere(server, (kv) => kv.put("settings/size", "large"));
  await until(() => settings.get("settings/size") === "large");
  assert.deepEqual([...settings], [["settings/size", "large"]]);

  await client.close(); // ends the loop, quietly
  await following;
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
