import { loadKey } from "../load/load-key.ts";
import { MeasuredProcess, type MeasuredProgram, nodeProgram } from "../measured/measured-process.ts";
import type { SlowAnswer } from "../measured/orders.ts";
import { mib, perSecond, ratioText, table } from "../report/format.ts";
import { median, ratio } from "../report/statistics.ts";
import { type BenchRun, Figures } from "./bench-run.ts";

const SLOW = { kind: "fire", eventsPerResponse: 100, valueBytes: 1_000 } as const;
const SLOW_EVENTS = 200_000;
const FAST = { kind: "fire", eventsPerResponse: 100, valueBytes: 100 } as const;
const FAST_EVENTS = 1_000_000;
const PAUSE_MS = 250;

/** 200 MB for a reader who takes 400 events of 1 KB a second, beside one who reads as fast as it goes. */
export async function slowReader(run: BenchRun): Promise<string> {
  const programs = ["etcd-watch", "npm etcd3"].map((name) => nodeProgram(name));
  if (run.go !== undefined) programs.push(run.go);
  const figures = new Figures();
  const exact = new Map<string, boolean>();
  const rounds = Math.min(3, run.rounds);
  for (let round = 0; round < rounds; round++)
    for (const program of programs) {
      run.progress(`slow reader: round ${round + 1} of ${rounds}, ${program.name}`);
      const alone = await measure(run, program, "alone");
      const beside = await measure(run, program, "beside");
      figures.add(`${program.name} alone`, alone.eventsPerSecond);
      figures.add(`${program.name} beside`, beside.eventsPerSecond);
      figures.add(`${program.name} pending`, beside.pendingPeakBytes - beside.idleBytes);
      figures.add(`${program.name} over idle`, beside.peakBytes - beside.idleBytes);
      figures.add(`${program.name} over idle alone`, alone.peakBytes - alone.idleBytes);
      exact.set(program.name, beside.exact && exact.get(program.name) !== false);
    }
  const rows = programs.map(({ name }) => {
    const of = (what: string): readonly number[] => figures.of(`${name} ${what}`);
    return [
      name,
      mib(median(of("pending"))),
      mib(median(of("over idle"))),
      mib(median(of("over idle alone"))),
      perSecond(median(of("alone"))),
      ratioText(ratio(of("beside"), of("alone"))),
      exact.get(name) === true ? "yes" : "no",
    ];
  });
  const megabytes = Math.round((SLOW_EVENTS * run.scale) / 1_000);
  return [
    "## A slow reader beside a fast one",
    `Two watches on one stream: ${megabytes} MB of events of 1 KB for a reader who takes 100 and pauses ${PAUSE_MS} ms, and after four seconds reads the rest; and a fast one. ` +
      "Memory is the most that was resident over what the process had before the events: while the slow one is slow and nearly all of it is pending; in all, with the answers of the quick part that the collector has yet to take; and what the fast one takes by itself.",
    table(
      [
        "",
        "over idle, while it is slow",
        "and when it then reads the rest",
        "the fast one alone",
        "the fast one alone, events/s",
        "beside the slow one",
        "the slow one got each once",
      ],
      rows,
    ),
  ].join("\n\n");
}

async function measure(
  run: BenchRun,
  program: MeasuredProgram,
  how: "alone" | "beside",
): Promise<SlowAnswer & { readonly eventsPerSecond: number }> {
  const child = new MeasuredProcess(program);
  const slowEvents = SLOW_EVENTS * run.scale;
  const fastEvents = FAST_EVENTS * run.scale;
  try {
    const answer = await child.tell<SlowAnswer>({
      do: "slow",
      endpoint: run.server.endpoint,
      slowKey: how === "alone" ? "" : loadKey({ ...SLOW, responses: slowEvents / SLOW.eventsPerResponse }),
      slowEvents,
      pauseMs: PAUSE_MS,
      fastKey: loadKey({ ...FAST, responses: fastEvents / FAST.eventsPerResponse }),
      fastEvents,
    });
    return { ...answer, eventsPerSecond: (fastEvents / answer.fastMs) * 1_000 };
  } finally {
    await child.end();
  }
}
