// What the bundled server costs: `npm run bench:mock-server`. Exits with 1 if a bound is broken.
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { ClientProcess } from "./client-process.ts";
import { inMib, usedBytes } from "./memory.ts";
import type { PutLoad } from "./put-load.ts";
import { historyBytes } from "./store-size.ts";

const MOST_START_MS = 50;
/** A fraction of the load, for a first look on a busy machine: `npm run bench:mock-server -- 0.1`. */
const scale = Number(process.argv[2] ?? 1);
/** Beyond what the history takes: for connections, buffers and what the engine keeps. */
const MOST_GROWTH_BYTES = 8 * 1024 * 1024;
/** A stream's quota, 128 messages and one batch, which share their pairs with the history; the rest is what the engine keeps. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;

function report(what: string, figure: string, holds = true): void {
  console.log(`${what.padEnd(72)} ${figure}${holds ? "" : "   OUT OF BOUNDS"}`);
  if (!holds) process.exitCode = 1;
}

function perSecond(count: number, ms = 0): string {
  return `${Math.round((count / ms) * 1000).toLocaleString("en")} a second, ${((ms / count) * 1000).toFixed(0)} µs each`;
}

async function startToFirstAnswerMs(): Promise<number> {
  const beganMs = performance.now();
  await using server = await MockEtcdServer.start();
  await using client = new EtcdClient({ endpoints: server.endpoint });
  await client.kv.get("a");
  return performance.now() - beganMs;
}

async function starting(): Promise<void> {
  for (let round = 0; round < 5; round++) await startToFirstAnswerMs();
  const times: number[] = [];
  while (times.length < 20) times.push(await startToFirstAnswerMs());
  times.sort((a, b) => a - b);
  const medianMs = times[10] ?? Infinity;
  const text = `${medianMs.toFixed(1)} ms (slowest ${times.at(-1)?.toFixed(1) ?? ""} ms)`;
  report("start to the first answer, median of 20 in a warm process", text, medianMs < MOST_START_MS);
}

async function manyWatchers(): Promise<void> {
  const load = { puts: 100_000 * scale, keys: 10_000 * scale, valueBytes: 100 };
  const history = await historyBytes(load);
  await using server = await MockEtcdServer.start();
  const client = new ClientProcess(server.endpoint);
  await client.tell({ do: "watch-keys", count: load.keys });
  await client.tell({ do: "put", load: { ...load, puts: 1_000 }, events: 1_000 });
  server.compact(server.revision);
  const before = await usedBytes();
  const { puttingMs, readingMs } = await client.tell({ do: "put", load, events: load.puts });
  const after = await usedBytes();
  report(`${load.keys} watches on one stream, ${load.puts} puts, each seen by one: puts`, perSecond(load.puts, puttingMs));
  report("  the same, until the last event was read", perSecond(load.puts, readingMs));
  report("  memory before the puts, after garbage collection", inMib(before));
  report("  memory after them", inMib(after));
  report("  what the history of such puts takes by itself", inMib(history));
  const beyond = after - before - history;
  report("  growth beyond the history", inMib(beyond), beyond < MOST_GROWTH_BYTES);
  server.compact(server.revision);
  report("  growth that is left when the history is compacted", inMib((await usedBytes()) - before));

  const fanOut = { ...load, puts: 50 };
  await client.tell({ do: "watch-all", count: load.keys });
  const seen = await client.tell({ do: "put", load: fanOut, events: fanOut.puts * load.keys });
  report(
    `${load.keys} watches of everything on one stream, ${fanOut.puts} puts: events`,
    perSecond(fanOut.puts * load.keys, seen.readingMs),
  );
  await client.leave();
}

/** Puts that one client reads, beside one that has stopped reading if there is to be one. Returns what the server's memory grew by. */
async function readPuts(load: PutLoad, others: "nobody else" | "one stopped"): Promise<number> {
  await using server = await MockEtcdServer.start();
  const client = new ClientProcess(server.endpoint);
  await client.tell({ do: "watch-all", count: 1 });
  if (others === "one stopped") await client.tell({ do: "stop-reading" });
  const before = await usedBytes();
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const { readingMs } = await client.tell({ do: "put", load, events: load.puts });
  clearInterval(sampler);
  const grown = (await usedBytes()) - before;
  report(`${load.puts} puts of ${load.valueBytes} bytes, one reads, ${others}: events`, perSecond(load.puts, readingMs));
  report("  the server's memory grew by", inMib(grown));
  report("  most memory that the process had while this went on", inMib(peak));
  if (others === "one stopped") {
    const again = await client.tell({ do: "read-again", events: load.puts });
    report("  when it reads again, all of it: events", perSecond(load.puts, again.readingMs));
  }
  await client.leave();
  return grown;
}

/** The same load with and without the one that has stopped: what lies between is held for it. */
async function oneStopped(): Promise<void> {
  const load = { puts: 50_000 * scale, keys: 100, valueBytes: 1_000 };
  const alone = await readPuts(load, "nobody else");
  const held = (await readPuts(load, "one stopped")) - alone;
  report("  held for the one that has stopped", inMib(held), held < MOST_HELD_BYTES);
}

await starting();
await manyWatchers();
await oneStopped();
