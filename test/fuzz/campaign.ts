import { Lane } from "./lane.ts";
import type { LaneOptions } from "./lane.ts";
import type { Operation } from "./operation.ts";
import type { Difference } from "./run-operations.ts";
import { shrink } from "./shrink.ts";

/** Runs of a seed that has failed, to see whether it does so by itself. */
const REPEATS = 3;

export interface CampaignOptions extends LaneOptions {
  readonly from: number;
  readonly seeds: number;
  /** Operations for each seed. */
  readonly operations: number;
  /** Seeds at once, each lane with its own pair of servers: most of a run is waiting for etcd's ticks. */
  readonly lanes: number;
  /** No new seed is begun after that. */
  readonly deadlineMs?: number;
  readonly onSeed?: (done: number) => void;
}

export interface Failure {
  readonly seed: number;
  readonly difference: Difference;
  /** What still fails of the seed's operations, and how. */
  readonly shrunk: readonly Operation[];
  readonly shrunkDifference: Difference;
}

/** A difference that did not come again: what a race inside a server looks like. */
export interface Unrepeated {
  readonly seed: number;
  readonly difference: Difference;
}

export interface CampaignResult {
  readonly done: number;
  readonly unrepeated: readonly Unrepeated[];
  readonly failure: Failure | undefined;
}

/** Runs one seed after another until two servers do not agree, and then finds the fewest operations that show it. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { from, seeds, operations: count, lanes, deadlineMs = Infinity, onSeed = () => undefined } = options;
  let next = from;
  let done = 0;
  let failed: Unrepeated | undefined;
  const unrepeated: Unrepeated[] = [];
  const work = async (): Promise<void> => {
    await using lane = new Lane(options);
    while (failed === undefined && next < from + seeds && performance.now() < deadlineMs) {
      const seed = next++;
      const difference = await lane.difference(seed, lane.operationsOf(seed, count));
      if (difference !== undefined) {
        if (await isRepeated(lane, seed, count)) failed ??= { seed, difference };
        else unrepeated.push({ seed, difference });
      }
      onSeed(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, seeds) }, work));
  return { done, unrepeated, failure: failed === undefined ? undefined : await shrunkFailure(options, failed) };
}

async function isRepeated(lane: Lane, seed: number, count: number): Promise<boolean> {
  for (let run = 0; run < REPEATS; run++) if ((await lane.difference(seed, lane.operationsOf(seed, count))) !== undefined) return true;
  return false;
}

async function shrunkFailure(options: CampaignOptions, failed: Unrepeated): Promise<Failure> {
  const { seed, difference } = failed;
  await using lane = new Lane(options);
  let shrunkDifference = difference;
  const shrunk = await shrink(lane.operationsOf(seed, options.operations), async (fewer) => {
    const found = await lane.difference(seed, fewer);
    if (found !== undefined) shrunkDifference = found;
    return found !== undefined;
  });
  return { seed, difference, shrunk, shrunkDifference };
}
