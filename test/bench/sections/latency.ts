import { loadKey } from "../load/load-key.ts";
import { MeasuredProcess, nodeProgram } from "../measured/measured-process.ts";
import type { LatencyAnswer } from "../measured/orders.ts";
import { ratioText, table } from "../report/format.ts";
import { median, ratio } from "../report/statistics.ts";
import { type BenchRun, Figures } from "./bench-run.ts";

const OURS = "etcd-watch";
const NODE_CLIENTS = [OURS, "bare grpc-js", "npm etcd3"];
const EVENTS = 3_000;

/** One event each millisecond: how long until the watch hands it over. */
export async function latency(run: BenchRun): Promise<string> {
  const programs = [...NODE_CLIENTS.map((name) => nodeProgram(name)), ...(run.go === undefined ? [] : [run.go])];
  const children = programs.map((program) => new MeasuredProcess(program));
  const figures = new Figures();
  const count = Math.max(500, EVENTS * run.scale);
  try {
    for (let round = 0; round < run.rounds; round++)
      for (const child of children) {
        run.progress(`latency: round ${round + 1} of ${run.rounds}, ${child.name}`);
        const key = loadKey({ kind: "tick", everyMs: 1, count });
        const order = { do: "latency", endpoint: run.server.endpoint, key, events: count } as const;
        const { p50Us, p99Us } = await child.tell<LatencyAnswer>(order);
        figures.add(`${child.name} p50`, p50Us);
        figures.add(`${child.name} p99`, p99Us);
      }
  } finally {
    for (const child of children) await child.end();
  }
  const rows = programs.map(({ name }) => [
    name,
    ...["p50", "p99"].map((which) => `${median(figures.of(`${name} ${which}`)).toFixed(0)} µs`),
    ...["p50", "p99"].map((which) =>
      name === OURS ? "" : ratioText(ratio(figures.of(`${OURS} ${which}`), figures.of(`${name} ${which}`))),
    ),
  ]);
  return [
    "## Latency",
    "One event each millisecond: from the moment at which the server writes it to the moment at which the watch hands it over.",
    table(["", "p50", "p99", "etcd-watch / it, p50", "p99"], rows),
  ].join("\n\n");
}
