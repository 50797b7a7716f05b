import { parseArgs } from "node:util";

const SECTIONS = ["throughput", "latency", "slow-reader", "many-watches", "memory", "codec", "controllers"] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface BenchOptions {
  readonly rounds: number;
  /** A share of the full load. */
  readonly scale: number;
  readonly only: readonly SectionName[];
  /** Where the page and the plot go. */
  readonly into: string;
  /** The command, for the head of the page. */
  readonly command: string;
}

/** @throws {TypeError} on an unknown option or part, {RangeError} on rounds or a scale that are no positive numbers */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      scale: { type: "string" },
      only: { type: "string" },
      into: { type: "string", default: "docs/performance" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const scale = Number(values.scale ?? (values.quick ? 0.1 : 1));
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new RangeError(`--rounds must be a positive integer, got ${String(values.rounds)}`);
  if (!(scale > 0)) throw new RangeError(`--scale must be more than 0, got ${String(values.scale)}`);
  const only = values.only?.split(",") ?? SECTIONS;
  const known = only.filter((name): name is SectionName => (SECTIONS as readonly string[]).includes(name));
  if (known.length < only.length) throw new TypeError(`--only takes parts of ${SECTIONS.join(",")}, got ${String(values.only)}`);
  return {
    rounds,
    scale,
    only: known,
    into: values.into,
    command: ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
  };
}
