/**
 * Creates and cancels watches, and cuts and resumes them, many times over, and shows what is left of it:
 *
 *   npm run leaks -- --cycles 100000 --reconnects 10000
 *   npm run leaks -- --cycles 100000 --reconnects 10000 --etcd path/to/etcd
 *
 * The server is in another process: the bundled one, or real etcd. Ends with 1 if something is left, or the heap grows with each step.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { EtcdClient } from "etcd-watch";
import { ChaosProxy, type MetricsSnapshot } from "etcd-watch/mock-server";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { eventually } from "../support/eventually.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { holding } from "./heap-gauge.ts";
import { createAndCancel, reconnect, type LeakReport } from "./leak-loads.ts";

/** Over all that was measured: less is code that is still being compiled, and a collector that is never quite done. */
const MOST_GROWTH_BYTES = 1024 * 1024;

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "100000" },
    reconnects: { type: "string", default: "10000" },
    etcd: { type: "string" },
  },
});

interface Server {
  readonly name: string;
  readonly endpoint: string;
  watchers(): Promise<number>;
  streams(): Promise<number>;
  stop(): Promise<void>;
}

async function startBundled(): Promise<Server> {
  const child = fork(new URL("leaks-server.ts", import.meta.url), { execArgv: ["--import", "tsx"] });
  const [endpoint] = (await once(child, "message")) as [string];
  const metrics = async (): Promise<MetricsSnapshot> => {
    child.send("metrics");
    return ((await once(child, "message")) as [MetricsSnapshot])[0];
  };
  return {
    name: "the bundled server",
    endpoint,
    watchers: async () => (await metrics()).watchers,
    streams: async () => (await metrics()).streams,
    stop: async () => {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

async function startReal(path: string): Promise<Server> {
  const [binary] = findEtcdBinaries({ ETCD_BIN: path });
  if (binary === undefined) throw new Error(`${path} is no etcd that runs here`);
  const etcd = await RealEtcd.start(binary);
  return {
    name: `etcd ${binary.version}`,
    endpoint: etcd.endpoint,
    watchers: () => etcd.gauge("etcd_debugging_mvcc_watcher_total"),
    streams: () => etcd.gauge("etcd_debugging_mvcc_watch_stream_total"),
    stop: () => etcd.stop(),
  };
}

const leaking: string[] = [];

function tell(what: string, { steps, before, after, bytesPerStep, listeners }: LeakReport, seconds: number): void {
  if (bytesPerStep * steps > MOST_GROWTH_BYTES || listeners > 0) leaking.push(what);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  console.log(`${what}: ${steps.toLocaleString("en")} in ${seconds.toFixed(0)} s`);
  console.log(
    `  heap after the warm-up ${mib(before.heapBytes)} MiB, at the end ${mib(after.heapBytes)} MiB: ${bytesPerStep.toFixed(1)} bytes a step`,
  );
  console.log(`  open handles and timers ${JSON.stringify(before.resources)}, at the end ${JSON.stringify(after.resources)}`);
  console.log(`  abort listeners left ${listeners}`);
}

const server = await (values.etcd === undefined ? startBundled() : startReal(values.etcd));
const begin = { watchers: await server.watchers(), streams: await server.streams(), ...(await holding()) };
const run = async (what: string, load: () => Promise<LeakReport>): Promise<void> => {
  const startedMs = performance.now();
  tell(what, await load(), (performance.now() - startedMs) / 1_000);
  await eventually(async () => (await server.watchers()) === begin.watchers && (await server.streams()) === begin.streams, {
    describe: () => "watches or streams are left on the server",
  });
  console.log(`  on the server: ${begin.watchers} watches and ${begin.streams} streams, as at the begin`);
};

console.log(`on ${server.name}`);
const [cycles, reconnects] = [Number(values.cycles), Number(values.reconnects)];
const proxy = await ChaosProxy.start({ target: server.endpoint });
const writing = new EtcdClient({ endpoints: server.endpoint });
const watching = new EtcdClient({ endpoints: proxy.endpoint });
await run("watches created and cancelled on one stream", () => createAndCancel(watching, { cycles, keepStream: true }));
await run("watches created and cancelled, each batch on a stream of its own", () =>
  createAndCancel(watching, { cycles: cycles / 10, keepStream: false }),
);
await run("reconnects of 3 watches", () => reconnect(watching, writing, proxy, { reconnects }));
await Promise.all([watching.close(), writing.close(), proxy.close()]);
const end = await holding();
console.log(`open handles and timers at the begin ${JSON.stringify(begin.resources)}, after close ${JSON.stringify(end.resources)}`);
await server.stop();
process.exitCode = leaking.length > 0 ? 1 : 0;
console.log(leaking.length > 0 ? `it leaks: ${leaking.join(", ")}` : "nothing is left");
