/**
 * One of several processes with a controller: `node test/programs/coordinated-controller.ts <election|shard> <endpoint> <prefix> <name>`.
 *
 * It copies `<prefix>jobs/…` to `<prefix>done/…`, and with each copy writes to `<prefix>log`, in the same guarded transaction, by which
 * right it did so. It is a bad citizen: it takes its time between reading and writing, and does not look at its signal. Only the fence
 * is left to keep it from writing when it may not. SIGUSR2 makes it stop, as by SIGSTOP, in the midst of its next piece of work.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Controller, Election, EtcdClient, Shard } from "etcd-watch";

const [kind, endpoint, prefix, name] = process.argv.slice(2);
if (endpoint === undefined || prefix === undefined || name === undefined || !["election", "shard"].includes(kind ?? ""))
  throw new Error("usage: coordinated-controller.ts election|shard <endpoint> <prefix> <name>");

const TTL_SECONDS = 2;
const WORK_MS = 20;

let isToPause = false;
process.on("SIGUSR2", () => {
  isToPause = true;
});

const client = new EtcdClient({ endpoints: [endpoint] });
const options = { prefix: `${prefix}${String(kind)}`, ttlSeconds: TTL_SECONDS, value: name };
const controller = new Controller(client, {
  prefix: `${prefix}jobs/`,
  leader: kind === "election" ? new Election(client, options) : new Shard(client, options),
  decode: (kv) => kv.valueText,
  concurrency: 2,
  retry: { baseMs: 50, maxMs: 500, perSecond: 100 },
  reconcile: async (key, { value, fence }) => {
    if (value === undefined || fence === undefined) return;
    const job = key.slice(`${prefix}jobs/`.length);
    console.log(`working on ${job}`);
    if (isToPause) {
      isToPause = false;
      console.log(`stopped at ${job}`);
      process.kill(process.pid, "SIGSTOP"); // until somebody sends SIGCONT
    }
    await sleep(WORK_MS);
    const right = String(fence.value);
    const { succeeded } = await client.kv.txn({
      compare: [fence],
      success: [
        { put: { key: `${prefix}done/${job}`, value } },
        { put: { key: `${prefix}log`, value: JSON.stringify({ job, right, name }) } },
      ],
    });
    console.log(`${succeeded ? "done with" : "refused for"} ${job}`);
    if (!succeeded) throw new Error("this process is not in charge any more");
  },
});
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
await controller.run({ signal: stop.signal });
await client.close();
console.log("closed");
