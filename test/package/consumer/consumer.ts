import {
  ClosedError,
  Controller,
  Election,
  EtcdClient,
  type EtcdError,
  Informer,
  isCompactedError,
  isRpcError,
  type Key,
  type KeyValue,
  ListWatch,
  type ListWatchEvent,
  Shard,
  type StateChange,
  Watcher,
  type WatchChannel,
  type WatchEvent,
  type WatchOptions,
} from "etcd-watch";
import { ChaosProxy, MockEtcdServer, type MockEtcdServerOptions, ScriptedWatchServer } from "etcd-watch/mock-server";

// A program of somebody who has the package from npm: compiled by several compilers under strict settings, bundled, and run.

interface Service {
  readonly port: number;
}

const serverOptions: MockEtcdServerOptions = { seed: 7, compatibility: "latest" };
const server = await MockEtcdServer.start(serverOptions);
const proxy = await ChaosProxy.start({ target: server.endpoint });
const client = new EtcdClient({ endpoints: [proxy.endpoint], requestTimeoutMs: 10_000 });
const writer = new EtcdClient({ endpoints: server.endpoint });

const key: Key = "services/a";
await client.kv.put(key, '{"port":80}');
const { kvs, header } = await client.kv.get("services/", { prefix: true, limit: 10 });
const first: KeyValue | undefined = kvs[0];
const next: bigint = header.revision + 1n;

// the value's type comes from `decode`
const options: WatchOptions<Service> = { prefix: true, startRevision: next, decode: (kv) => kv.json<Service>() };
const watch: WatchChannel<Service> = new Watcher(client).watch("services/", options);
await watch.created;
await client.kv.put(key, '{"port":81}');
proxy.cut();
await writer.kv.delete(key); // a write over a connection that has just been cut may fail: whether it arrived, nobody knows
const seen: string[] = [];
for await (const event of watch.events()) {
  const port: number | undefined = event.value?.port;
  seen.push(describe(event) + (port === undefined ? "" : ` ${port}`));
  if (event.type === "delete") break;
}

/** The union is narrowed by `type`. */
function describe(event: WatchEvent<Service>): string {
  return event.type === "put" ? `put ${event.kv.keyText}` : `delete ${event.kv.keyText}`;
}

function toldBy(change: StateChange): string {
  return change.state === "disconnected" ? `${change.endpoint}: ${change.error?.message ?? "?"}` : change.state;
}

/** Errors are narrowed by their guards. */
function advice(error: EtcdError): string {
  if (isCompactedError(error)) return `list again, from ${String(error.compactRevision)}`;
  if (isRpcError(error)) return error.code === "PERMISSION_DENIED" ? "ask for permission" : error.details;
  return error instanceof ClosedError ? "closed" : error.code;
}

const informer = new Informer<Service>(client, { prefix: "services/", decode: (kv) => kv.json<Service>() });
await writer.kv.put(key, '{"port":82}');
await informer.start();
const service: Service | undefined = informer.get(key);

const stop = new AbortController();
const controller = new Controller<Service>(client, {
  prefix: "services/",
  decode: (kv) => kv.json<Service>(),
  leader: new Election(client, { prefix: "elections/jobs" }),
  reconcile: (name, { value, fence }) => {
    seen.push(`reconcile ${name} ${String(value?.port)} ${fence === undefined ? "without a fence" : "fenced"}`);
    stop.abort();
  },
});
await controller.run({ signal: stop.signal });

for await (const event of new ListWatch(client, { prefix: "services/" })) {
  const told: ListWatchEvent["type"] = event.type;
  seen.push(told);
  if (event.type === "synced") break;
}

const shard = await new Shard(client, { prefix: "shards/jobs" }).join();
seen.push(`one of ${shard.members.length}`);
await shard.release();

const scripted = await ScriptedWatchServer.start();
await scripted.stop();
const state = toldBy(client.state);
await informer.stop();
await writer.close();
await client.close();
const closed = await client.kv.get("a").then(
  () => "?",
  (error: unknown) => advice(error as EtcdError),
);
await proxy.close();
await server.stop();
console.log(JSON.stringify({ first: first?.valueText, seen, port: service?.port, state, closed }));
