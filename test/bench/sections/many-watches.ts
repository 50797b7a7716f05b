import { setTimeout as sleep } from "node:timers/promises";
import { loadKey } from "../load/load-key.ts";
import { MeasuredProcess, type MeasuredProgram, nodeProgram } from "../measured/measured-process.ts";
import type { EventsAnswer, WatchAnswer } from "../measured/orders.ts";
import { kib, milliseconds, ratioText, table } from "../report/format.ts";
import { median, ratio } from "../report/statistics.ts";
import { type BenchRun, Figures } from "./bench-run.ts";
import { DelayedServer } from "./delayed-server.ts";

const OURS = "etcd-watch";
/** Ours by itself: a loop over it is the language's own, and takes as much again. */
const UNREAD = "etcd-watch, without a loop";
const COUNTS = [100, 1_000, 10_000];
const DELAY_MS = 5;
/** One at a time through the delay would take minutes. */
const MOST_ONE_AT_A_TIME = 1_000;
/** Whoever needs longer is cut off, and the table says nothing of it. */
const LIMIT_MS = 60_000;
/** All of a put, again, once the code has run. */
const PUTS = 3;

const MEASURES = ["created", "resumed", "one put seen by all", "heap a watch"] as const;
type Measure = (typeof MEASURES)[number];

/** Many watches on one stream: created, cut off and created again, and all of them told of one put. */
export async function manyWatches(run: BenchRun): Promise<string> {
  const programs = [OURS, "bare grpc-js", "npm etcd3"].map((name) => nodeProgram(name));
  if (run.go !== undefined) programs.push(run.go);
  const figures = new Figures();
  const rounds = Math.min(3, run.rounds);
  const counts = COUNTS.map((count) => Math.max(100, count * run.scale)).filter((count, index, all) => all.indexOf(count) === index);
  const cases = counts.flatMap((count) => [
    { count, delayMs: 0 },
    { count, delayMs: DELAY_MS },
  ]);
  for (const { count, delayMs } of cases)
    for (let round = 0; round < rounds; round++)
      for (const program of programs) {
        const oneAtATime = program.name === "npm etcd3";
        if (oneAtATime && delayMs > 0 && count > MOST_ONE_AT_A_TIME) continue;
        run.progress(`${count} watches, ${delayMs} ms each way: round ${round + 1} of ${rounds}, ${program.name}`);
        await measure(run, program, { count, delayMs, figures });
      }
  const names = programs.map(({ name }) => name);
  const part = (measure: Measure): string => tableOf(measure, names, cases, figures);
  return [
    "## Many watches on one stream",
    `The load server answers creates at once, so the time is the client's, and the link's: "${DELAY_MS} ms" is a proxy that delays each way by so much. ` +
      "Created: from the first request that the server gets to its last answer. Resumed: from the cut of the connection to the last answer. " +
      "Heap: what an idle watch takes that somebody reads (Go: heap and stacks), and what it takes without the suspended `for await`.",
    ...MEASURES.map(part),
  ].join("\n\n");
}

function tableOf(
  measure: Measure,
  names: readonly string[],
  cases: readonly { count: number; delayMs: number }[],
  figures: Figures,
): string {
  const shown = measure === "heap a watch" ? cases.filter(({ delayMs, count }) => delayMs === 0 && count >= 1_000) : cases;
  const series = (name: string, { count, delayMs }: { count: number; delayMs: number }): readonly number[] =>
    figures.of(`${name} ${count} ${delayMs} ${measure}`);
  const head = shown.map(({ count, delayMs }) => `${count}${delayMs === 0 ? "" : `, ${delayMs} ms`}`);
  const text = measure === "heap a watch" ? kib : milliseconds;
  const rows = measure === "heap a watch" ? [...names, UNREAD] : names;
  const values = rows.map((name) => [name, ...shown.map((each) => text(median(series(name, each))))]);
  const ratios = names
    .filter((name) => name !== OURS)
    .map((name) => [`etcd-watch / ${name}`, ...shown.map((each) => ratioText(ratio(series(OURS, each), series(name, each))))]);
  return table([measure, ...head], [...values, ...ratios]);
}

async function measure(
  run: BenchRun,
  program: MeasuredProgram,
  { count, delayMs, figures }: { count: number; delayMs: number; figures: Figures },
): Promise<void> {
  const name = (what: Measure): string => `${program.name} ${count} ${delayMs} ${what}`;
  const link = await DelayedServer.start(run.server.endpoint, delayMs);
  const child = new MeasuredProcess(program);
  const signal = AbortSignal.timeout(LIMIT_MS);
  const limited = sleep(LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`${program.name} took too long`)));
  try {
    const created = run.server.creates("count-creates", count, signal);
    const order = { do: "watch", endpoint: link.endpoint, key: loadKey({ kind: "idle" }), count, read: true } as const;
    const [createdMs, { heapBytesPerWatch }] = await Promise.race([Promise.all([created, child.tell<WatchAnswer>(order)]), limited]);
    figures.add(name("created"), createdMs);
    figures.add(name("heap a watch"), heapBytesPerWatch);
    await seenByAll(run, child, count);
    const seen: number[] = [];
    while (seen.length < PUTS) seen.push(await Promise.race([seenByAll(run, child, count), limited]));
    figures.add(name("one put seen by all"), median(seen));
    figures.add(name("resumed"), await Promise.race([run.server.creates("cut", count, signal), limited]));
  } catch (error) {
    run.progress(`${count} watches, ${delayMs} ms each way, ${program.name}: ${String(error)}`);
  } finally {
    await child.end();
    await link.stop();
  }
  if (program.name === OURS && delayMs === 0) await measureUnread(run, program, { count, figures });
}

async function measureUnread(
  run: BenchRun,
  program: MeasuredProgram,
  { count, figures }: { count: number; figures: Figures },
): Promise<void> {
  const child = new MeasuredProcess(program);
  const order = { do: "watch", endpoint: run.server.endpoint, key: loadKey({ kind: "idle" }), count, read: false } as const;
  const { heapBytesPerWatch } = await child.tell<WatchAnswer>(order);
  figures.add(`${UNREAD} ${count} 0 heap a watch`, heapBytesPerWatch);
  await child.end();
}

async function seenByAll(run: BenchRun, child: MeasuredProcess, count: number): Promise<number> {
  const seen = child.tell<EventsAnswer>({ do: "await-events", count });
  await sleep(50);
  run.server.put();
  return (await seen).ms;
}
