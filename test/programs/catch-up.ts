/**
 * Reads a long history from revision 1 while its connection is cut again and again, and counts what arrived:
 *
 *   node --import tsx test/programs/catch-up.ts [--endpoint host:port] [--revisions 20000] [--cuts 12] [--seed 1] [--big]
 *
 * Without an endpoint it starts the real etcd of this machine. `--big` makes values so large that one answer is over 4 MiB.
 * Ends with 0 only if every revision was delivered once and in order, and every cut came before the last of them.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { EtcdClient } from "etcd-watch";
import { ChaosProxy } from "etcd-watch/mock-server";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { CutSchedule } from "../support/cut-schedule.ts";
import { deleteHistory, writeHistory, type History } from "../support/history.ts";
import { RealEtcd } from "../support/real-etcd.ts";

const GIVE_UP_AFTER_MS = 180_000;
/** Of 64 puts at a time one may wait for all the others on a busy machine; it is the reading that is tried here. */
const WRITE_TIMEOUT_MS = 60_000;
const SMALL_VALUE_BYTES = 64;
const BIG_VALUE_BYTES = 6 * 1024; // etcd answers with up to 1000 revisions at a time

const { values: options } = parseArgs({
  options: {
    endpoint: { type: "string" },
    revisions: { type: "string", default: "20000" },
    cuts: { type: "string", default: "12" },
    seed: { type: "string", default: String(randomBytes(4).readUInt32BE()) },
    big: { type: "boolean", default: false },
  },
});

interface Counts {
  delivered: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** The event is not what was written at that revision. */
  wrong: number;
}

async function readThroughCuts(history: History, proxy: ChaosProxy, cuts: CutSchedule): Promise<Counts> {
  const counts = { delivered: 0, doubled: 0, outOfOrder: 0, wrong: 0 };
  const missing = new Map(history.written);
  let latest = 0n;
  await using client = new EtcdClient({ endpoints: [proxy.endpoint] });
  cuts.begin(client);
  const watch = client.watch(history.prefix, { prefix: true, startRevision: 1n, signal: AbortSignal.timeout(GIVE_UP_AFTER_MS) });
  for await (const { kv } of watch.events()) {
    counts.delivered++;
    if (kv.modRevision <= latest) counts.outOfOrder++;
    latest = kv.modRevision;
    const written = history.written.get(kv.modRevision);
    if (written !== undefined && !missing.delete(kv.modRevision)) counts.doubled++;
    if (kv.keyText !== written?.key || !kv.value.equals(written.value)) counts.wrong++;
    cuts.delivered = counts.delivered;
    if (latest === history.lastRevision) break;
  }
  return { ...counts, lost: missing.size };
}

async function catchUp(endpoint: string): Promise<boolean> {
  const revisions = Number(options.revisions);
  const valueBytes = options.big ? BIG_VALUE_BYTES : SMALL_VALUE_BYTES;
  await using writer = new EtcdClient({ endpoints: [endpoint], requestTimeoutMs: WRITE_TIMEOUT_MS });
  await using proxy = await ChaosProxy.start({ target: endpoint });
  const history = await writeHistory(writer, { revisions, valueBytes });
  const cuts = new CutSchedule(proxy, { cuts: Number(options.cuts), seed: Number(options.seed), history });
  const startedAtMs = performance.now();
  const { delivered, lost, doubled, outOfOrder, wrong } = await readThroughCuts(history, proxy, cuts);
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  await deleteHistory(writer, history);

  const { made } = cuts;
  console.log(`history: ${String(revisions)} revisions of ${String(valueBytes)} bytes on ${endpoint}, read in ${seconds} s`);
  console.log(`cuts: ${String(made.length)} (seed ${options.seed}), after ${made.join(", ")} delivered events`);
  console.log(`delivered ${String(delivered)}, lost ${String(lost)}, doubled ${String(doubled)}, out of order ${String(outOfOrder)}`);
  if (wrong > 0) console.log(`${String(wrong)} were not what had been written`);
  // The proxy is the witness that the connection was really lost each time: the client had to make a new one.
  const wasReallyCut = proxy.connectionsAccepted > made.length;
  const allCutsInTime = wasReallyCut && made.length >= Number(options.cuts) && made.every((count) => count < revisions);
  if (!allCutsInTime) console.log(`${options.cuts} cuts during the catch-up were asked for`);
  return delivered === revisions && lost + doubled + outOfOrder + wrong === 0 && allCutsInTime;
}

async function onServer(): Promise<boolean> {
  if (options.endpoint !== undefined) return catchUp(options.endpoint);
  const [binary] = findEtcdBinaries();
  if (binary === undefined) throw new Error("no etcd here: give one by --endpoint, by ETCD_BIN or on the PATH");
  await using etcd = await RealEtcd.start(binary);
  return await catchUp(etcd.endpoint);
}

process.exitCode = (await onServer()) ? 0 : 1;
