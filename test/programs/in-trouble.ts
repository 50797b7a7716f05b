/**
 * A client without a logger meets all sorts of trouble, and prints nothing of it: `node test/programs/in-trouble.ts`. The only line is this
 * program's own, the last.
 */
import { Controller, EtcdClient, isCompactedError } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";

const server = await MockEtcdServer.start();
const client = new EtcdClient({ endpoints: ["127.0.0.1:1", server.endpoint], keepAliveIntervalMs: 4_000 });
const stop = new AbortController();
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(setImmediate);
};

let runs = 0;
const reconcile = (): void => {
  if (++runs === 1) throw new Error("the key fails");
};
const running = new Controller(client, { prefix: "a/", reconcile }).run({ signal: stop.signal });
const slow = client.watch("a/", { prefix: true, startRevision: 1n, buffer: { maxBytes: 1 } });
await client.kv.put("a/1", "x");
await until(() => runs === 2 && slow.status.state === "parked");
server.faults.dropConnections();
await until(() => Object.keys(client.metrics().reconnects).length > 0);
const { header } = await client.kv.put("a/1", "y");
await client.kv.compact(header.revision);
const compacted = client.watch("a/1", { startRevision: 1n })[Symbol.asyncIterator]();
const outcome = await compacted.next().catch((error: unknown) => error);
stop.abort();
await running;
await client.close();
await server.stop();
console.log(isCompactedError(outcome), runs, client.metrics().parkings);
