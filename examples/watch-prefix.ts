// Prints every change below a prefix, from the first revision that the server still has.
import { EtcdClient } from "etcd-watch";

const client = new EtcdClient({ endpoints: process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379" });

for await (const response of client.watch(process.argv[2] ?? "hello", { prefix: true, startRevision: 1n })) {
  for (const event of response.events) console.log(event.type, event.kv.keyText, event.kv.valueText, event.kv.modRevision);
}
