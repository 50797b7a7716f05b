// A measured program: one client of etcd, that does as it is told line by line. The Go program beside it understands the same lines.
import { createInterface } from "node:readline";
import { BareClient } from "./bare-client.ts";
import { ByteCounter } from "./byte-counter.ts";
import { EtcdWatchClient } from "./etcd-watch-client.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureSlowReader } from "./measure-slow-reader.ts";
import { measureLatency, measureThroughput } from "./measure-stream.ts";
import { ManyWatches } from "./many-watches.ts";
import type { MeasuredClient } from "./measured-client.ts";
import { NpmEtcd3Client } from "./npm-etcd3-client.ts";
import type { Order } from "./orders.ts";

const makers: Readonly<Record<string, (endpoint: string) => MeasuredClient>> = {
  "etcd-watch": (endpoint) => new EtcdWatchClient(endpoint, "responses"),
  "etcd-watch events()": (endpoint) => new EtcdWatchClient(endpoint, "events"),
  "bare grpc-js": (endpoint) => new BareClient(endpoint, "lazy"),
  "grpc-js + ts-proto": (endpoint) => new BareClient(endpoint, "ts-proto"),
  "grpc-js, not decoded": (endpoint) => new BareClient(endpoint, "none"),
  "bytes counted": (endpoint) => new ByteCounter(endpoint),
  "npm etcd3": (endpoint) => new NpmEtcd3Client(endpoint),
};

const [, , name = ""] = process.argv;
const make = makers[name];
if (make === undefined) throw new Error(`There is no client called ${name}`);
let watches: ManyWatches | undefined;

async function obey(order: Order): Promise<object> {
  if (make === undefined) return {};
  switch (order.do) {
    case "throughput":
      return measureThroughput(make(order.endpoint), order);
    case "latency":
      return measureLatency(make(order.endpoint), order);
    case "watch":
      watches = new ManyWatches(make(order.endpoint));
      return watches.create(order);
    case "await-events":
      if (watches === undefined) throw new Error("There are no watches");
      return watches.events(order.count);
    case "slow":
      return measureSlowReader(make(order.endpoint), order);
    case "memory":
      return measureMemory(make(order.endpoint), order);
    case "leave":
      process.exit();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Order);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
