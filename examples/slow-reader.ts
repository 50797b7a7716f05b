// A reader that cannot keep up neither fills the memory nor slows another watch down: its watch is parked and goes on later.
//
//   npx tsx examples/slow-reader.ts
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";

const WRITES = 400;

const server = await MockEtcdServer.start();
const client = new EtcdClient({ endpoints: server.endpoint });
const slow = client.watch("log/", { prefix: true, startRevision: 1n, buffer: { maxBytes: 64 * 1024 } });
const fast = client.watch("log/", { prefix: true, startRevision: 1n });
await Promise.all([slow.created, fast.created]);

async function read(name: string, watch: typeof slow, pauseMs: number): Promise<void> {
  let seen = 0;
  let state = "watching";
  for await (const { events } of watch) {
    seen += events.length;
    const { status } = watch;
    if (status.state !== state) console.log(`${name} is ${status.state}: ${seen} events seen, ${status.bufferedResponses} responses ahead`);
    state = status.state;
    if (seen === WRITES) break;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  console.log(`${name} has seen ${seen} of ${WRITES} events`);
}

const reading = [read("the slow reader", slow, 5), read("the fast reader", fast, 0)];
const keys = Array.from({ length: WRITES }, (_, index) => `log/${index}`);
await Promise.all(keys.map((key) => client.kv.put(key, "x".repeat(1024))));
await Promise.all(reading);

await client.close();
await server.stop();
