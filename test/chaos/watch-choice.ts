import type { Key, WatchOptions } from "etcd-watch";
import type { Dice } from "../fuzz/dice.ts";
import type { WatchAsked } from "../support/guarantees/watch-record.ts";
import type { Pace, WayOut } from "./recorded-watch.ts";
import { allKeys, groups } from "./write-load.ts";

/** What is known when a watch is chosen. */
export interface Surroundings {
  readonly headRevision: bigint;
  readonly compactRevision: bigint;
  /** Where an earlier watch of the same user was left, and what it was. */
  readonly left: { readonly choice: WatchChoice; readonly resumeRevision: bigint } | undefined;
}

/** A watch as a user may want it, and how he will treat it. */
export interface WatchChoice {
  readonly key: Key;
  readonly options: WatchOptions;
  /** The same as it is to be understood, made without the code that is under test. */
  readonly asked: WatchAsked;
  readonly pace: Pace;
  readonly lifetimeMs: number;
  readonly wayOut: WayOut;
}

const ZERO = Buffer.from([0]);
const NONE = Buffer.alloc(0);

interface ChosenRange {
  readonly key: Key;
  readonly options: Pick<WatchOptions, "prefix" | "fromKey" | "rangeEnd">;
  readonly range: WatchAsked["range"];
}

function chooseRange(dice: Dice): ChosenRange {
  const key = dice.of(allKeys);
  switch (
    dice.weighted([
      [20, "one key"],
      [30, "prefix"],
      [25, "range"],
      [12, "from a key"],
      [13, "everything"],
    ] as const)
  ) {
    case "one key":
      return { key, options: {}, range: { key, rangeEnd: NONE } };
    case "prefix": {
      const prefix = dice.of([...groups, "a/0", "b/1", "c/0"]);
      const end = Buffer.from(prefix);
      end[end.length - 1] = (end.at(-1) ?? 0) + 1;
      return { key: prefix, options: { prefix: true }, range: { key: Buffer.from(prefix), rangeEnd: end } };
    }
    case "range": {
      const [from, to] = [key, dice.of(allKeys)].sort((one, other) => Buffer.compare(one, other)) as [Buffer, Buffer];
      const rangeEnd = Buffer.concat([to, Buffer.from([dice.below(256)])]); // `to` itself is inside
      return { key: from, options: { rangeEnd }, range: { key: from, rangeEnd } };
    }
    case "from a key":
      return { key, options: { fromKey: true }, range: { key, rangeEnd: ZERO } };
    case "everything":
      return { key: "", options: { prefix: true }, range: { key: ZERO, rangeEnd: ZERO } };
  }
}

function chooseStart(dice: Dice, { headRevision, compactRevision }: Surroundings): bigint {
  const kept = Number(headRevision - compactRevision);
  switch (
    dice.weighted([
      [35, "now"],
      [38, "past"],
      [12, "all that is kept"],
      [4, "compacted"],
      [11, "future"],
    ] as const)
  ) {
    case "now":
      return 0n;
    case "past":
      return compactRevision + BigInt(dice.between(1, Math.max(1, kept)));
    case "all that is kept":
      return compactRevision + 1n;
    case "compacted":
      return BigInt(dice.between(1, Math.max(1, Number(compactRevision))));
    case "future":
      return headRevision + BigInt(dice.between(1, 300));
  }
}

function choosePace(dice: Dice): Pace {
  const kind = dice.weighted([
    [60, "fast"],
    [22, "slow"],
    [18, "in bursts"],
  ] as const);
  if (kind === "fast") return () => 0;
  const ms = kind === "slow" ? dice.between(1, 40) : dice.between(200, 1_200);
  const every = kind === "slow" ? 1 : dice.between(5, 60);
  return (turn) => (turn % every === every - 1 ? ms : 0);
}

/** Another watch, or the one that was left, from where it was left. */
export function chooseWatch(dice: Dice, surroundings: Surroundings, bufferBytes?: number): WatchChoice {
  const { left } = surroundings;
  const lifetimeMs = dice.between(100, dice.chance(30) ? 1_000 : 9_000);
  const wayOut = dice.of(["cancel", "abort", "break", "dispose"] as const);
  if (left !== undefined && left.resumeRevision > 0n && dice.chance(45)) {
    const { choice, resumeRevision: startRevision } = left;
    const { asked, options } = choice;
    return {
      ...choice,
      options: { ...options, startRevision },
      asked: { ...asked, startRevision },
      pace: choosePace(dice),
      lifetimeMs,
      wayOut,
    };
  }
  const { key, options: rangeOptions, range } = chooseRange(dice);
  const startRevision = chooseStart(dice, surroundings);
  const filters = dice.weighted<WatchAsked["filters"]>([
    [80, []],
    [9, ["noput"]],
    [9, ["nodelete"]],
    [2, ["noput", "nodelete"]],
  ]);
  const [prevKv, progressNotify, createdNotify] = [dice.chance(40), dice.chance(40), dice.chance(25)];
  const pace = choosePace(dice);
  const chosen = dice.chance(45) ? dice.of([1, 100, 1_000, 10_000, 50_000]) : undefined;
  const maxBytes = bufferBytes ?? chosen;
  const buffer = maxBytes === undefined ? undefined : { maxBytes };
  const options: WatchOptions = {
    ...rangeOptions,
    ...{ startRevision, filters, prevKv, progressNotify, createdNotify, fragment: dice.chance(25), requireLeader: dice.chance(85) },
    metadata: dice.of([{}, {}, { lane: "second" }, { lane: "third", more: ["x", "y"] }]),
    ...(buffer === undefined ? {} : { buffer }),
  };
  return { key, options, asked: { range, startRevision, filters, prevKv, progressNotify, createdNotify }, pace, lifetimeMs, wayOut };
}
