// A service announces itself for as long as it lives, and everybody knows who is there. Start several, end one, kill one, stop etcd.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/service-registry.ts web 10.0.0.1:8080
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient, Informer, isLeaseExpiredError, isRpcError } from "etcd-watch";

const [service = "web", address = "127.0.0.1:8080"] = process.argv.slice(2);
const TTL_SECONDS = 5; // so long after a crash it is still announced

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const stop = new AbortController();
const { signal } = stop;
process.once("SIGINT", () => {
  stop.abort();
});

/** The key hangs on a lease: when the process dies, the lease runs out, and the key goes with it. Returns once `signal` is aborted. */
async function announceOnce(): Promise<void> {
  const { id } = await client.lease.grant(TTL_SECONDS, { signal });
  await client.kv.put(`services/${service}/${address}`, address, { lease: id, signal });
  let renewals = 0;
  for await (const { ttlSeconds } of client.lease.keepAlive(id, { signal }))
    if (renewals++ === 0) console.log("announced", address, `for ${String(ttlSeconds)} seconds at a time`);
  await client.lease.revoke(id); // ended in good order: gone at once
}

/** Again whenever the lease was lost, or nobody could be asked for one: while etcd is away for longer than the lease lasts, say. */
async function announce(): Promise<void> {
  for (;;) {
    try {
      await announceOnce();
      return;
    } catch (error) {
      if (signal.aborted) return;
      const isForNow = isLeaseExpiredError(error) || (isRpcError(error) && ["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(error.code));
      if (!isForNow) throw error;
      console.log("not announced:", error.message);
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Who is there now, and from now on. */
async function discover(): Promise<void> {
  const informer = new Informer(client, { prefix: `services/${service}/`, decode: (kv) => kv.valueText });
  await informer.start({ signal });
  for await (const change of informer.changes({ signal })) {
    if (change.type === "add") console.log("joined", change.value, `(${informer.size} there)`);
    if (change.type === "delete") console.log("left", change.previous, `(${informer.size} there)`);
  }
}

try {
  await Promise.all([announce(), discover()]);
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  await client.close();
}
