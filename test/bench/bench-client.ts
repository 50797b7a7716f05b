// The client's side of the benchmark, in a process of its own: its memory and its work must not count as the server's.
import { ChaosProxy } from "etcd-watch/mock-server";
import { RawEtcd } from "../unit/mock-server/support/raw-etcd.ts";
import type { RawWatch } from "../unit/mock-server/support/raw-watch.ts";
import type { ClientAnswer, ClientOrder } from "./client-process.ts";
import type { PutLoad } from "./put-load.ts";
import { keyOf, valueOf } from "./put-load.ts";

const PUTS_AT_ONCE = 100;
const ALL = { key: Buffer.from("bench/"), rangeEnd: Buffer.from("bench0") };

const [, , endpoint = ""] = process.argv;
const etcd = new RawEtcd(endpoint);
const reader = new RawEtcd(endpoint);
let stream: RawWatch = reader.watch();
let stopped: { readonly proxy: ChaosProxy; readonly etcd: RawEtcd; readonly stream: RawWatch } | undefined;

async function createAll(count: number, range: (index: number) => { key: Buffer; rangeEnd?: Buffer }): Promise<void> {
  for (let index = 0; index < count; index++) stream.create(range(index));
  for (let index = 0; index < count; index++) await stream.next(60_000);
  stream.responses.length = 0;
}

/** Sends the puts, and waits until the stream has had `events` events. Both are begun together. */
async function putAndRead(load: PutLoad, events: number): Promise<{ puttingMs: number; readingMs: number }> {
  const value = valueOf(load);
  const beganMs = performance.now();
  const put = async (): Promise<number> => {
    for (let sent = 0; sent < load.puts; sent += PUTS_AT_ONCE) {
      const batch = Array.from({ length: Math.min(PUTS_AT_ONCE, load.puts - sent) }, (_, index) => sent + index);
      await Promise.all(batch.map((index) => etcd.call("KV", "put", { key: keyOf(index % load.keys), value })));
    }
    return performance.now() - beganMs;
  };
  const read = async (): Promise<number> => {
    for (let seen = 0; seen < events;) {
      seen += (await stream.next(60_000)).events.length;
      stream.responses.length = 0;
    }
    return performance.now() - beganMs;
  };
  const [puttingMs, readingMs] = await Promise.all([put(), read()]);
  return { puttingMs, readingMs };
}

async function obey(order: ClientOrder): Promise<ClientAnswer> {
  switch (order.do) {
    case "watch-keys":
      await createAll(order.count, (index) => ({ key: keyOf(index) }));
      return {};
    case "watch-all":
      stream.close();
      stream = reader.watch();
      await createAll(order.count, () => ALL);
      return {};
    case "put":
      return putAndRead(order.load, order.events);
    case "stop-reading": {
      const proxy = await ChaosProxy.start({ target: endpoint });
      const behind = new RawEtcd(proxy.endpoint);
      const unread = behind.watch();
      await unread.created(ALL);
      proxy.stall();
      stopped = { proxy, etcd: behind, stream: unread };
      return {};
    }
    case "read-again": {
      if (stopped === undefined) throw new Error("Nobody has stopped reading");
      stopped.proxy.resume();
      const beganMs = performance.now();
      for (let seen = 0; seen < order.events;) seen += (await stopped.stream.next(60_000)).events.length;
      return { readingMs: performance.now() - beganMs };
    }
    case "leave":
      stream.close();
      stopped?.stream.close();
      stopped?.etcd.close();
      await stopped?.proxy.close();
      reader.close();
      etcd.close();
      process.disconnect();
      return {};
  }
}

process.on("message", (order: ClientOrder) => {
  obey(order).then(
    (answer) => process.connected && process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
