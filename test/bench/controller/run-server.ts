// The bundled server with its writers, in a process of its own: what they cost must not count as the controller's.
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import type { ServerAnswer, ServerOrder } from "./server-process.ts";
import { keyOf, valueOf } from "./values.ts";

/** etcd takes no more in one transaction, by default. */
const PUTS_AT_ONCE = 100;
/** Revisions are kept by the server until a watch has had them, so the writers must not run away from it. */
const TXNS_AT_ONCE = 8;

const server = await MockEtcdServer.start();
const client = new EtcdClient({ endpoints: server.endpoint });

/** Writes each of so many keys once, or over again. */
async function write({ keys, round }: ServerOrder): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < keys) {
      const from = next;
      next = Math.min(keys, from + PUTS_AT_ONCE);
      const success = Array.from({ length: next - from }, (_, index) => ({
        put: { key: keyOf(from + index), value: valueOf(from + index, round) },
      }));
      await client.kv.txn({ success });
    }
  };
  await Promise.all(Array.from({ length: TXNS_AT_ONCE }, writer));
}

process.on("message", (order: ServerOrder) => {
  void write(order).then(() => process.send?.({ endpoint: server.endpoint } satisfies ServerAnswer));
});
process.send?.({ endpoint: server.endpoint } satisfies ServerAnswer);
