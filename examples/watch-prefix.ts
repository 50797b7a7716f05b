// Prints every change below a prefix until Ctrl-C.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/watch-prefix.ts config/
import { EtcdClient, isCompactedError } from "etcd-watch";

const prefix = process.argv[2] ?? "";
const interrupt = new AbortController();
process.once("SIGINT", () => {
  interrupt.abort();
});

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
try {
  await client.ready(); // a wrong port should be an error, and not a silent wait

  // What there is now, and then every change since: nothing falls between the two.
  const { kvs, header } = await client.kv.get(prefix, { prefix: true });
  for (const kv of kvs) console.log("is", kv.keyText, kv.valueText);

  const startRevision = header.revision + 1n;
  for await (const { events } of client.watch(prefix, { prefix: true, startRevision, signal: interrupt.signal })) {
    for (const event of events) console.log(event.type, event.kv.keyText, event.kv.valueText);
  }
} catch (error) {
  // The connection was lost for so long that etcd has compacted what came in between: list again.
  if (isCompactedError(error)) console.error(`Missed what came before revision ${String(error.compactRevision)}; start me again`);
  else console.error(String(error));
  process.exitCode = 1;
} finally {
  await client.close();
}
