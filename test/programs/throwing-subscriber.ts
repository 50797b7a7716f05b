/**
 * Every message of every channel meets a subscriber that throws: `node test/programs/throwing-subscriber.ts <endpoint>`. The watch goes on
 * as if nothing had happened, and Node reports each error as uncaught; without the handler here that would end the process.
 */
import { subscribe } from "node:diagnostics_channel";
import { EtcdClient } from "etcd-watch";

const [endpoint] = process.argv.slice(2);
if (endpoint === undefined) throw new Error("usage: throwing-subscriber.ts <endpoint>");

let uncaught = 0;
process.on("uncaughtException", (error) => {
  if (error.message === "the subscriber's own fault") uncaught++;
  else throw error;
});
let published = 0;
for (const name of ["connection", "stream", "watch"]) {
  subscribe(`etcd-watch:${name}`, () => {
    published++;
    throw new Error("the subscriber's own fault");
  });
}

const client = new EtcdClient({ endpoints: endpoint });
const watch = client.watch("a");
await watch.created;
await client.kv.put("a", "1");
for await (const event of watch.events()) {
  console.log(event.kv.keyText, event.kv.valueText);
  break;
}
await client.close();
await new Promise((resolve) => setImmediate(resolve));
console.log(published >= 6, uncaught === published);
