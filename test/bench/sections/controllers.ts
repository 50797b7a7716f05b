import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type CacheAnswer, holders, valueKinds } from "../controller/measure-cache.ts";
import { eventReaders, type EventsAnswer } from "../controller/measure-events.ts";
import { type QueueAnswer, queueMeasures } from "../controller/measure-queue.ts";
import { programFile } from "../program-file.ts";
import { perSecond, ratioText, table } from "../report/format.ts";
import { median, ratio } from "../report/statistics.ts";
import { type BenchRun, Figures } from "./bench-run.ts";

const KEYS = 100_000;

/** What caches and controllers cost, beside the least that one would write by hand. */
export async function controllers(run: BenchRun): Promise<string> {
  const keys = KEYS * run.scale;
  const figures = new Figures();
  for (let round = 1; round <= run.rounds; round++) {
    const note = (what: string): void => {
      run.progress(`controllers, round ${round} of ${run.rounds}: ${what}`);
    };
    for (const what of queueMeasures) {
      note(what);
      figures.add(what, (await measure<QueueAnswer>(keys, "queue", what)).us);
    }
    for (const reader of eventReaders) {
      note(reader);
      const { eventsPerSecond, cpuUs } = await measure<EventsAnswer>(keys, "events", reader);
      figures.add(`${reader} events/s`, eventsPerSecond);
      figures.add(`${reader} cpu`, cpuUs);
    }
    for (const kind of valueKinds)
      for (const holder of holders) {
        note(`${holder} of ${kind}`);
        figures.add(`${holder} ${kind}`, (await measure<CacheAnswer>(keys, "cache", holder, kind)).bytesPerKey);
      }
  }
  return page(keys, figures);
}

async function measure<Answer>(keys: number, ...what: readonly string[]): Promise<Answer> {
  const args = ["--expose-gc", programFile("../controller/run-controllers", import.meta.url), String(keys), ...what];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Answer;
}

function page(keys: number, figures: Figures): string {
  const count = keys.toLocaleString("en");
  const queue = queueMeasures.map((what) => [what, median(figures.of(what)).toFixed(1)]);
  const events = eventReaders.map((reader) => [
    reader,
    perSecond(median(figures.of(`${reader} events/s`))),
    median(figures.of(`${reader} cpu`)).toFixed(1),
    ratioText(ratio(figures.of(`${reader} cpu`), figures.of("watch cpu"))),
  ]);
  const memory = holders.map((holder) => [
    holder,
    ...valueKinds.flatMap((kind) => {
      const bytes = figures.of(`${holder} ${kind}`);
      return [median(bytes).toFixed(0), ratioText(ratio(bytes, figures.of(`Map ${kind}`)))];
    }),
  ]);
  return [
    "## Caches and controllers",
    `Values of 100 bytes, a JSON object each. The server is the bundled one, in a process of its own, and so are the writers.`,
    "### The work queue",
    `${count} keys whose work is nothing, in µs of CPU a key. The last two rows: a live key, while all the others wait in the background.`,
    table(["", "µs a key"], queue),
    "### From an event to `reconcile`",
    `${count} events, each of another key, 100 of them at a revision. The last row: the keys are listed, and worked on. \`watch\` takes each value as text and nothing more.`,
    table(["", "events/s", "µs of CPU an event", "CPU, to that of a watch"], events),
    "### Memory",
    `${count} keys, in bytes a key, objects and buffers after garbage collection; beside a \`Map\` from keys to the same values, which has no revisions and no bytes as etcd has them.`,
    table(["", ...valueKinds.flatMap((kind) => [kind, "to a Map"])], memory),
  ].join("\n\n");
}
