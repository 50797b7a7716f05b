// A service announces itself for as long as it lives, and everybody knows who is there. Start several, end one, kill one.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/service-registry.ts web 10.0.0.1:8080
import { EtcdClient, Informer, isLeaseExpiredError } from "etcd-watch";

const [service = "web", address = "127.0.0.1:8080"] = process.argv.slice(2);
const TTL_SECONDS = 5; // so long after a crash it is still announced

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

/** The key hangs on a lease: when the process dies, the lease runs out, and the key goes with it. */
async function announce(): Promise<void> {
  while (!stop.signal.aborted) {
    const { id } = await client.lease.grant(TTL_SECONDS);
    await client.kv.put(`services/${service}/${address}`, address, { lease: id });
    try {
      for await (const renewal of client.lease.keepAlive(id, { signal: stop.signal })) if (renewal.ttlSeconds === 0n) break;
      await client.lease.revoke(id); // ended in good order: gone at once
    } catch (error) {
      if (!isLeaseExpiredError(error)) throw error;
      console.log("the lease has run out: announced again");
    }
  }
}

/** Who is there now, and from now on. */
async function discover(): Promise<void> {
  const informer = new Informer(client, { prefix: `services/${service}/`, decode: (kv) => kv.valueText });
  await informer.start({ signal: stop.signal });
  for await (const change of informer.changes({ signal: stop.signal })) {
    console.log(change.type === "delete" ? "left" : "joined", change.value ?? change.previous, `(${String(informer.size)} there)`);
  }
}

await Promise.all([announce(), discover()]);
await client.close();
