// Settings kept in memory, always current: read them without asking anybody, and be told when one changes.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/config-cache.ts config/
import { EtcdClient, Informer } from "etcd-watch";

const [prefix = "config/"] = process.argv.slice(2);
const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const config = new Informer(client, { prefix, decode: (kv) => kv.json<unknown>() });
process.once("SIGINT", () => void config.stop());

// Resolves when every setting there is has been read, also when there is none.
await config.start();
console.log(`${String(config.size)} settings at revision ${String(config.revision)}`);

// The state as it is now, as adds, then every change; also what changed while the connection was gone, or was compacted away.
for await (const change of config.changes()) {
  switch (change.type) {
    case "add":
    case "update":
      console.log(change.key, "=", JSON.stringify(change.value));
      break;
    case "delete":
      console.log(change.key, "is gone; it was", JSON.stringify(change.previous));
      break;
    case "error":
      console.log(change.key, "is no JSON and is left as it was:", JSON.stringify(config.get(change.key)));
  }
}
await client.close();
