// A controller that runs in one of many processes: it gives each order below orders/ an invoice below invoices/. Start it as often as you
// like; one works, the others wait, and when it dies, the next one goes on where it was. Ctrl-C hands over at once.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/leader-controller.ts
import { hostname } from "node:os";
import { Controller, Election, EtcdClient, Informer, TerminalError } from "etcd-watch";

interface Order {
  readonly item: string;
  readonly price: number;
}

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const me = `${hostname()}/${process.pid}`;
const election = new Election(client, { prefix: "elections/invoices", value: me, ttlSeconds: 5 });

const controller = new Controller(client, {
  prefix: "orders/",
  decode: (kv) => kv.json<Order>(),
  // What it makes is watched too: an invoice that somebody changed is mended, and one whose order went while nobody led is found.
  sources: [{ informer: new Informer(client, { prefix: "invoices/" }), keys: ({ key }) => key.replace("invoices/", "orders/") }],
  leader: election,
  concurrency: 4,
  retry: { baseMs: 100, maxMs: 60_000 },
  // It is told which order, not what happened to it: it compares what is with what should be. So it may run again at any time.
  reconcile: async (key, { value: order, fence, attempt, signal }) => {
    if (fence === undefined) return;
    const invoice = key.replace("orders/", "invoices/");
    if (order !== undefined && !(order.price >= 0)) throw new TerminalError(`${key} has no price`); // no retry would help
    const text = order === undefined ? undefined : `${order.item}: ${order.price.toFixed(2)}`;
    const { kvs } = await client.kv.get(invoice, { signal });
    if (kvs[0]?.valueText === text) return;

    // The fence makes etcd refuse the write if another process leads by now, however late this one is to notice.
    const write = text === undefined ? { delete: { key: invoice } } : { put: { key: invoice, value: text } };
    const { succeeded } = await client.kv.txn({ compare: [fence], success: [write] }, { signal });
    if (!succeeded) throw new Error("another process leads"); // thrown: tried again, if this one still leads
    console.log(invoice, text ?? "deleted", attempt > 1 ? `at attempt ${attempt}` : "");
  },
});

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
console.log(`${me} stands for election`);
const watching = (async () => {
  for await (const leader of election.observe({ signal: stop.signal })) console.log(leader?.valueText ?? "nobody", "leads");
})();
try {
  await controller.run({ signal: stop.signal }); // until Ctrl-C, through lost connections and lost elections
  await watching;
} finally {
  await client.close();
}
