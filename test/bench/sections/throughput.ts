import { loadKey } from "../load/load-key.ts";
import { MeasuredProcess, nodeProgram } from "../measured/measured-process.ts";
import type { ThroughputAnswer } from "../measured/orders.ts";
import { perSecond, ratioText, table } from "../report/format.ts";
import { linePlot } from "../report/line-plot.ts";
import { median, ratio } from "../report/statistics.ts";
import { type BenchRun, Figures } from "./bench-run.ts";

interface Shape {
  readonly name: string;
  readonly eventsPerResponse: number;
  readonly valueBytes: number;
  /** About what the fastest does in a second. */
  readonly events: number;
  readonly touch: boolean;
}

const BY_BATCH: readonly Shape[] = [
  { name: "1 event", eventsPerResponse: 1, valueBytes: 100, events: 400_000, touch: false },
  { name: "10", eventsPerResponse: 10, valueBytes: 100, events: 2_000_000, touch: false },
  { name: "100", eventsPerResponse: 100, valueBytes: 100, events: 5_000_000, touch: false },
  { name: "1000", eventsPerResponse: 1_000, valueBytes: 100, events: 5_000_000, touch: false },
];
const BY_VALUE: readonly Shape[] = [
  { name: "100 of 100 B, key and value touched", eventsPerResponse: 100, valueBytes: 100, events: 3_000_000, touch: true },
  { name: "100 of 1 KB (105 KB answers)", eventsPerResponse: 100, valueBytes: 1_000, events: 1_000_000, touch: false },
  { name: "1 of 1 KB", eventsPerResponse: 1, valueBytes: 1_000, events: 300_000, touch: false },
  { name: "1 of 100 KB", eventsPerResponse: 1, valueBytes: 100_000, events: 20_000, touch: false },
];
const OURS = "etcd-watch";
const PEERS = ["bare grpc-js", "npm etcd3", "Go clientv3"];
const NODE_CLIENTS = [
  "bytes counted",
  "grpc-js, not decoded",
  "bare grpc-js",
  OURS,
  "etcd-watch events()",
  "grpc-js + ts-proto",
  "npm etcd3",
];
/** These are not asked to look at events: they have none. */
const WITHOUT_EVENTS = ["bytes counted", "grpc-js, not decoded", "grpc-js + ts-proto"];
/** Rounds before those that count: code that has not run is slow. */
const WARM_UP = 2;

export async function throughput(run: BenchRun): Promise<{ page: string; plot: string }> {
  const children = [...NODE_CLIENTS.map((name) => nodeProgram(name)), ...(run.go === undefined ? [] : [run.go])].map(
    (program) => new MeasuredProcess(program),
  );
  const speed = new Figures();
  const cpu = new Figures();
  try {
    for (const shape of [...BY_BATCH, ...BY_VALUE]) await measureShape(run, shape, children, { speed, cpu });
  } finally {
    for (const child of children) await child.end();
  }
  const names = children.map(({ name }) => name);
  return { page: page(names, { speed, cpu }), plot: plot(names, speed) };
}

async function measureShape(
  run: BenchRun,
  shape: Shape,
  children: readonly MeasuredProcess[],
  { speed, cpu }: { speed: Figures; cpu: Figures },
): Promise<void> {
  const { eventsPerResponse, valueBytes, touch } = shape;
  for (let round = -WARM_UP; round < run.rounds; round++) {
    run.progress(`throughput, ${shape.name}: ${round < 0 ? "warming up" : `round ${round + 1} of ${run.rounds}`}`);
    for (const child of children) {
      if (touch && WITHOUT_EVENTS.includes(child.name)) continue;
      const share = (child.name === "npm etcd3" ? 0.1 : 1) * (round < 0 ? 0.5 : 1);
      const responses = Math.ceil((shape.events * run.scale * share) / eventsPerResponse);
      const key = loadKey({ kind: "fire", eventsPerResponse, valueBytes, responses });
      const events = responses * eventsPerResponse;
      const order = { do: "throughput", endpoint: run.server.endpoint, key, events, touch } as const;
      const { ms, cpuMs } = await child.tell<ThroughputAnswer>(order);
      if (round < 0) continue;
      speed.add(`${child.name} ${shape.name}`, (events / ms) * 1_000);
      cpu.add(`${child.name} ${shape.name}`, (cpuMs * 1_000) / events);
    }
  }
}

function page(names: readonly string[], { speed, cpu }: { speed: Figures; cpu: Figures }): string {
  const part = (shapes: readonly Shape[]): string => {
    const rows = names.map((name) => [
      name,
      ...shapes.map((shape) => {
        const series = speed.of(`${name} ${shape.name}`);
        return series.length === 0 ? "" : `${perSecond(median(series))} (${median(cpu.of(`${name} ${shape.name}`)).toFixed(2)})`;
      }),
    ]);
    const against = (what: string): string[][] =>
      PEERS.filter((peer) => names.includes(peer)).map((peer) => [
        `${what} / ${peer}`,
        ...shapes.map(({ name }) => ratioText(ratio(speed.of(`${what} ${name}`), speed.of(`${peer} ${name}`)))),
      ]);
    const events = [
      "events() / by responses",
      ...shapes.map(({ name }) => ratioText(ratio(speed.of(`etcd-watch events() ${name}`), speed.of(`${OURS} ${name}`)))),
    ];
    // Less at the mercy of what else the machine does than events a second are.
    const work = PEERS.filter((peer) => names.includes(peer)).map((peer) => [
      `CPU an event: ${peer} / etcd-watch`,
      ...shapes.map(({ name }) => ratioText(ratio(cpu.of(`${peer} ${name}`), cpu.of(`${OURS} ${name}`)))),
    ]);
    const head = shapes.map(({ name }) => name);
    return [table(["events/s (µs of CPU an event)", ...head], rows), table(["ratio", ...head], [...against(OURS), events, ...work])].join(
      "\n\n",
    );
  };
  return [
    "## Throughput of one watch",
    "By events a response, values of 100 bytes. `bytes counted` reads the socket and looks at nothing: what the load server can do.",
    part(BY_BATCH),
    "By size of values and answers.",
    part(BY_VALUE),
  ].join("\n\n");
}

function plot(names: readonly string[], speed: Figures): string {
  const lines = names.map((name) => ({ name, values: BY_BATCH.map((shape) => median(speed.of(`${name} ${shape.name}`))) }));
  return linePlot({ title: "Events a second of one watch, by events a response", places: BY_BATCH.map(({ name }) => name), lines });
}
